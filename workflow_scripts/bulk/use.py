"""What a trained run says of samples; with torch, numpy and pandas alone."""

from __future__ import annotations

from types import ModuleType
from typing import NamedTuple

import numpy as np
import pandas as pd

from workflow_scripts.bulk import stack
from workflow_scripts.bulk.probe import FAR, read_embedding
from workflow_scripts.bulk.stack import Stack
from workflow_scripts.contracts.probe import Probe

FEW = 0.5  # share of the model's genes below which a sample says too little


class Applied(NamedTuple):
    """Of N samples, G genes and d dimensions."""

    embedding: np.ndarray  # (N, d) float32
    imputed: np.ndarray  # (N, G) float32 ln(TPM+1): as measured, else as predicted; NaN for genes nobody knows
    table: pd.DataFrame  # measured, predicted, probability, distance, beyond, note; as in `contracts/predicted`


def apply(family: ModuleType, model: Stack, probe: Probe, values: np.ndarray) -> Applied:
    """`model`, with a network of `family` (see `models/registry`), on values (N, G) ln(TPM+1), NaN where unmeasured."""
    measured = np.isfinite(values)
    known = model.base.known.cpu().numpy()
    embedding = stack.embed(family, model, values)
    predicted = stack.impute(family, model, values, measured)
    reading = read_embedding(probe, embedding)
    share = measured[:, known].mean(axis=1) if known.any() else np.zeros(len(values))
    table = pd.DataFrame(
        {
            "measured": share,
            "predicted": reading.predicted.astype(object),
            "probability": reading.probability,
            "distance": reading.distance,
            "beyond": reading.beyond,
            "note": [note_of(*row) for row in zip(share, reading.beyond, strict=True)],
        }
    )
    return Applied(embedding, np.where(measured, values, predicted).astype(np.float32), table)


def note_of(share: float, beyond: float) -> str:
    """What speaks against trusting a sample that measures this share of the genes, and lies beyond so many others."""
    notes = [f"measures {share:.0%} of the genes of the model"] if share < FEW else []
    if beyond >= FAR:
        notes.append(f"farther from the train samples than {FAR:.0%} of the validation samples")
    return "; ".join(notes)
