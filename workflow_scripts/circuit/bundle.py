"""A trained circuit as a ModelBundle with the names of its genes and its intervals, and the edges that it has learned.

Beside the weights `model.safetensors` holds float64 tensors `calibration.KIND.NAME` (int64 of `number`): the parts
of `calibration.Calibrations`, which are not counted as parameters.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from workflow_scripts.circuit.calibration import Calibration, Calibrations
from workflow_scripts.circuit.dynamics import Dynamics, Shape
from workflow_scripts.contracts import model_bundle
from workflow_scripts.contracts.gene_order import order_digest
from workflow_scripts.io.errors import BadInput

PREFIX = "calibration"
PRESENT = 0.05  # an edge is one of a member from this weight on: in sds of the target, for one of its regulator


class Known(NamedTuple):
    """What the numbers of a circuit are of; it travels with the weights."""

    genes: list[str]
    compounds: list[str]  # whose doses are the first inputs, see `dynamics`
    unit: str  # of levels
    time_unit: str


class Trained(NamedTuple):
    """What `read` returns."""

    model: Dynamics  # in evaluation mode, on the CPU
    known: Known
    seed: int
    calibrations: Calibrations


def write(model: Dynamics, path: Path, known: Known, seed: int, calibrations: Calibrations) -> None:
    beside = {
        f"{PREFIX}.{kind}.{name}": torch.as_tensor(values)
        for kind, of in calibrations._asdict().items()
        for name, values in of._asdict().items()
    }
    model_bundle.write(
        model.state_dict() | beside,
        asdict(model.config),
        path,
        gene_order=order_digest(known.genes),
        seed=seed,
        buffers=[*(name for name, _ in model.named_buffers()), *beside],
        about=known._asdict(),
    )


def read(path: Path, gene_order: str | None = None) -> Trained:
    """The trained circuit; raises BadInput on a damaged bundle, one of other genes, and one of something else.

    One that was written before there were calibrations is something else.
    """
    state, config = model_bundle.read(path, gene_order)
    try:
        calibrations = Calibrations(*(_calibration(state, kind) for kind in Calibrations._fields))
        model = Dynamics(Shape(**config["architecture"]))
        model.load_state_dict(state)
        known = Known(**config["about"])
    except (KeyError, TypeError, RuntimeError) as error:
        raise BadInput(path, "", f"not a circuit of this version ({error})", "Train it again.") from error
    return Trained(model.eval(), known, config["seed"], calibrations)


def _calibration(state: dict[str, torch.Tensor], kind: str) -> Calibration:
    """Taken out of the tensors by name; KeyError where it is not there."""
    return Calibration(*(state.pop(f"{PREFIX}.{kind}.{name}").numpy() for name in Calibration._fields))


class Edges(NamedTuple):
    """E edges of M members, in order of source, then of target."""

    source: np.ndarray  # (E,) int64, places of genes
    target: np.ndarray  # (E,) int64
    weights: np.ndarray  # (M, E) float64, with their signs, at the reference


def edges(model: Dynamics) -> Edges:
    """The edges that any member has; none from a gene to itself."""
    with torch.no_grad():
        found = model.weights().double().numpy()
    source = model.source.numpy().ravel()
    target = np.repeat(np.arange(model.config.genes), model.config.candidates)
    found = found.reshape(len(found), -1)
    there = np.flatnonzero((source != target) & (found != 0).any(0))
    order = there[np.lexsort([target[there], source[there]])]
    return Edges(source[order], target[order], found[:, order])


def present(weights: np.ndarray) -> np.ndarray:
    """The share (E,) of members that have an edge, of weights (M, E)."""
    return (np.abs(weights) >= PRESENT).mean(0)
