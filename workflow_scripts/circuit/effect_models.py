"""The registry of models of perturbed cells that take vectors of genes.

The key, and the name of the vectors after a colon, is the name of its rows in PredictedEffects and Metrics. To add a
model, let `predictions` make them, add its line, and in `evaluation/cell_models.py` what it is called where people read
of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from workflow_scripts.circuit.effect_linear import linear_low_rank
from workflow_scripts.circuit.effect_residual import permuted_labels, predict
from workflow_scripts.circuit.effect_tasks import Asked, Known
from workflow_scripts.circuit.effect_vectors import Vectors, permuted
from workflow_scripts.evaluation.cell_models import WITHOUT


class EffectModel(NamedTuple):
    takes_vectors: bool = False  # whether it is nothing without


MODELS = {
    "network": EffectModel(),
    "network_permuted_labels": EffectModel(),
    "network_permuted_genes": EffectModel(takes_vectors=True),
    "linear_low_rank": EffectModel(takes_vectors=True),
}


def offered(embedding: str) -> list[str]:
    """The models of one kind of vectors."""
    return [name for name, model in MODELS.items() if embedding != WITHOUT or not model.takes_vectors]


def predictions(
    model: str, known: Known, asked: Asked, vectors: Vectors, task: str, spec: dict[str, Any]
) -> Iterator[tuple[int, float, np.ndarray]]:
    """(seed, share, changes (W, G)) of the mean over seeds (seed 0), and of each from 1 on, where a model has any.

    spec: `fit` of a configuration.
    """
    if model == "linear_low_rank":
        yield 0, np.nan, linear_low_rank(known, asked, vectors, spec["seed"])
        return
    if model == "network_permuted_labels":
        known = permuted_labels(known, task, spec["seed"])
    if model == "network_permuted_genes":
        vectors = permuted(vectors, spec["seed"])
    found = predict(known, asked, vectors, task, spec)
    yield 0, float(found.share.mean()), found.base + found.added.mean(0)
    for number, (share, added) in enumerate(zip(found.share, found.added, strict=True), 1):
        yield number, float(share), found.base + added
