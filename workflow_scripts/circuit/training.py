"""From the experiments on a circuit to the ensemble that has learned it, with the penalty that predicts best."""

from __future__ import annotations

import logging
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from workflow_scripts.circuit import learning
from workflow_scripts.circuit.data import Circuit, imputed
from workflow_scripts.circuit.dynamics import Dynamics, Shape
from workflow_scripts.training import loop
from workflow_scripts.training.part import Part
from workflow_scripts.training.resume import Checkpoints
from workflow_scripts.training.schedule import Schedule

EPOCHS = 20  # of a training, after each of which it is validated
EVIDENCE = 2.0  # the power with which a z-score discounts the penalty of an edge: 1 / (1 + z ** EVIDENCE)
LEAST_SD = 0.02  # of a gene, as a share of the median sd, so that one that never moves does not divide by 0
HEADROOM = 1.5  # times the highest level that a gene was seen at
log = logging.getLogger(__name__)


class Trial(NamedTuple):
    """One training: its penalty, the model, its history, and mean squared errors of what was held out."""

    penalty: float
    model: Dynamics
    history: pd.DataFrame
    error: float
    over_time: float  # of series alone, NaN without any
    at_rest: float  # of states of rest alone, likewise


def train(
    circuit: Circuit, spec: dict[str, Any], policy: dict[str, Any], checkpoints: dict[float, Checkpoints]
) -> list[Trial]:
    """A Trial of each penalty of `checkpoints`, the best first; one that was killed goes on from those."""
    material = learning.Material(circuit, spec["members"], spec["seed"], spec["candidates"])
    trials = []
    for penalty, unfinished in checkpoints.items():
        trials.append(_trial(material, spec | {"penalty": penalty}, policy, unfinished))
        log.info("penalty %g: held-out error %.4f", penalty, trials[-1].error)
    return sorted(trials, key=lambda trial: trial.error)


def _trial(
    material: learning.Material, spec: dict[str, Any], policy: dict[str, Any], checkpoints: Checkpoints
) -> Trial:
    model, discount = create(material, spec)
    training = spec["training"]
    each = -(-training["steps"] // EPOCHS)
    schedule = Schedule(
        seed=spec["seed"],
        samples=each,
        batch_size=1,
        accumulate=1,
        max_epochs=EPOCHS,
        learning_rate=training["learning_rate"],
        weight_decay=0.0,
        ema=0.0,
        patience=EPOCHS,
        **policy,
    )

    def batches(epoch: int, part: Part) -> list[learning.Batch]:
        return (material.training(epoch, step, training["window"]) for step in range(each))

    task = loop.Task(
        training=batches,
        validation=lambda part: [material.held_out()],
        loss=lambda network, batch: learning.loss(network, batch, spec, discount.to(network.sd.device)),
        example=lambda samples: material.training(1, 0, training["window"]),
    )
    history = pd.DataFrame(loop.fit(model, task, schedule, checkpoints, checkpoints.newest()))
    with torch.no_grad():
        apart = [
            float(total) / number if number else np.nan for total, number in learning.errors(model, material.held_out())
        ]
    return Trial(spec["penalty"], model, history, float(history["validation_loss"].min()), *apart)


def create(material: learning.Material, spec: dict[str, Any]) -> tuple[Dynamics, Tensor]:
    """A Dynamics that has learned nothing, and the share (M, G, C) of the penalty that each of its weights bears.

    Candidate regulators of a gene are all others, or, of a larger circuit, those `candidates` with most evidence: by
    z-scores where genes were perturbed, else by correlation.
    """
    circuit, members = material.circuit, spec["members"]
    genes = len(circuit.genes)
    evidence, shown = material.evidence()
    strength = _strength(circuit, evidence * shown.mean(0), min(spec["candidates"], genes - 1))
    source = _strongest(strength, min(spec["candidates"], genes - 1))
    shape = Shape(members, genes, source.shape[1], material.inputs.shape[1], spec["attention"], spec["recurrent"])
    model = Dynamics(shape)
    model.begin(spec["seed"])
    levels = material.filled.numpy()
    sd = levels.std(0)
    if spec["attention"]:
        attended = _strongest(np.take_along_axis(strength, source, 1), model.attended.shape[1])
        model.attended.copy_(torch.as_tensor(attended))
    for name, values in {
        "source": source,
        "reference": circuit.reference(),
        "sd": np.maximum(sd, LEAST_SD * np.median(sd[sd > 0]) if (sd > 0).any() else 1.0),
        "floor": np.minimum(levels.min(0), 0),
        "ceiling": HEADROOM * np.maximum(levels.max(0), 0),
        "unit": material.unit,
    }.items():
        getattr(model, name).copy_(torch.as_tensor(values))
    told = np.take_along_axis(evidence, source, 1) * shown[:, source] * spec["evidence"]
    return model, torch.as_tensor(1 / (1 + told**EVIDENCE), dtype=torch.float32)


def _strength(circuit: Circuit, evidence: np.ndarray, number: int) -> np.ndarray:
    """How likely (G targets, G sources) float64 it is that a gene regulates another; below 0 of itself.

    By z-scores; where there is none, and candidates are to be chosen, by correlation.
    """
    strength = evidence.copy()
    if number < len(circuit.genes) - 1 and not strength.any():
        strength = np.abs(np.nan_to_num(np.corrcoef(imputed(circuit)[0].levels, rowvar=False)))
    np.fill_diagonal(strength, -1.0)  # no gene regulates itself; its decay is in its gate
    return strength


def _strongest(strength: np.ndarray, number: int) -> np.ndarray:
    """The places (G, number) int64 of the greatest of each row (G, C), in their order."""
    return np.sort(np.argsort(-strength, axis=1, kind="stable")[:, :number], axis=1)
