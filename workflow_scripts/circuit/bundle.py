"""A trained circuit as a ModelBundle, and the edges that it has learned."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from workflow_scripts.circuit.dynamics import Dynamics, Shape
from workflow_scripts.contracts import model_bundle
from workflow_scripts.io.errors import BadInput

PRESENT = 0.05  # an edge is one of a member from this weight on: in sds of the target, for one of its regulator


def write(model: Dynamics, path: Path, gene_order: str, seed: int) -> None:
    buffers = [name for name, _ in model.named_buffers()]
    architecture = asdict(model.config)
    model_bundle.write(model.state_dict(), architecture, path, gene_order=gene_order, seed=seed, buffers=buffers)


def read(path: Path, gene_order: str) -> tuple[Dynamics, int]:
    """The trained circuit and its seed; raises BadInput on a damaged bundle, or one of other genes."""
    state, config = model_bundle.read(path, gene_order)
    try:
        model = Dynamics(Shape(**config["architecture"]))
        model.load_state_dict(state)
    except (TypeError, RuntimeError) as error:
        raise BadInput(path, "", f"not a circuit of this version ({error})", "Train it again.") from error
    return model.eval(), config["seed"]


def edges(model: Dynamics) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights, signs and the share of members that have the edge, each (G sources, G targets).

    A weight is the mean over members of its size, its sign that of their mean.
    """
    with torch.no_grad():
        found = model.matrix().double().transpose(1, 2).numpy()
    return np.abs(found).mean(0), np.sign(found.mean(0)), (np.abs(found) >= PRESENT).mean(0)
