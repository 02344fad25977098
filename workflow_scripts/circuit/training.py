"""From the experiments on a circuit to the ensemble that has learned it, with the penalty that predicts best."""

from __future__ import annotations

import logging
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from workflow_scripts.circuit import learning
from workflow_scripts.circuit.data import Circuit
from workflow_scripts.circuit.dynamics import Dynamics, Shape
from workflow_scripts.training import loop
from workflow_scripts.training.part import Part
from workflow_scripts.training.resume import Checkpoints
from workflow_scripts.training.schedule import Schedule

EPOCHS = 20  # of a training, after each of which it is validated
EVIDENCE = 2.0  # the power with which a z-score discounts the penalty of an edge: 1 / (1 + z ** EVIDENCE)
LEAST_SD = 0.02  # of a gene, as a share of the median sd, so that one that never moves does not divide by 0
PAIRS_AT_ONCE = 2**24  # edges of which evidence is taken at once, which bounds memory
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

    The regulators of a gene are all that may be, or, where these are more than `candidates`, those with most evidence:
    by z-scores of perturbed sources, then by correlation.
    """
    circuit, members = material.circuit, spec["members"]
    genes, shown = len(circuit.genes), material.shown()
    found = _candidates(material, shown, min(spec["candidates"], circuit.most_regulators()))
    inputs = material.inputs.shape[1]
    shape = Shape(
        members, genes, found.source.shape[1], inputs, spec["attention"], spec["recurrent"], len(circuit.compounds)
    )
    model = Dynamics(shape)
    model.begin(spec["seed"])
    levels = material.filled.numpy()
    sd = levels.std(0)
    if spec["attention"]:
        model.attended.copy_(torch.as_tensor(_strongest(found.strength, model.attended.shape[1])))
    if circuit.compounds:
        with torch.no_grad():
            model.half_dose.copy_(torch.as_tensor(np.log(_middle_doses(circuit.chemicals))))
    for name, values in {
        "source": found.source,
        "possible": np.isfinite(found.prior),
        "reference": circuit.reference(),
        "sd": np.maximum(sd, LEAST_SD * np.median(sd[sd > 0]) if (sd > 0).any() else 1.0),
        "floor": np.minimum(levels.min(0), 0),
        "ceiling": HEADROOM * np.maximum(levels.max(0), 0),
        "unit": material.unit,
    }.items():
        getattr(model, name).copy_(torch.as_tensor(values))
    told = found.zscore * shown[:, found.source] * spec["evidence"]
    share = (1 - np.nan_to_num(found.prior, nan=1.0)) / (1 + told**EVIDENCE)
    return model, torch.as_tensor(share, dtype=torch.float32)


class _Candidates(NamedTuple):
    """Of C regulators of each of G genes, in order of source; each (G, C)."""

    source: np.ndarray  # int64
    zscore: np.ndarray  # float64, of all experiments
    prior: np.ndarray  # float64, NaN of one that cannot be, where a gene has fewer
    strength: np.ndarray  # float64, by which they were chosen


def _candidates(material: learning.Material, shown: np.ndarray, number: int) -> _Candidates:
    """The `number` strongest regulators of each gene, a part of the genes at a time, so that memory grows with G alone.

    shown: (M, G sources) bool, of `Material.shown`.
    """
    circuit, parts = material.circuit, []
    genes = len(circuit.genes)
    unit = None
    if number < genes - 1:
        levels = material.filled.numpy().astype(float)
        centred = levels - levels.mean(0)
        length = np.linalg.norm(centred, axis=0)
        unit = np.divide(centred, length, out=np.zeros_like(centred), where=length > 0)
    each = max(1, PAIRS_AT_ONCE // genes)
    for first in range(0, genes, each):
        targets = range(first, min(first + each, genes))
        zscore, prior = material.zscores(targets), circuit.possible(targets)
        strength = zscore * shown.mean(0)
        if unit is not None:  # a perturbed source comes before all that only correlate
            related = np.abs(unit[:, targets.start : targets.stop].T @ unit)
            strength = np.where(strength > 0, 1 + strength, related)
        strength[np.isnan(prior)] = -1.0
        source = _strongest(strength, number)
        parts.append((source, *(np.take_along_axis(of, source, 1) for of in (zscore, prior, strength))))
    return _Candidates(*(np.concatenate(of) for of in zip(*parts, strict=True)))


def _strongest(strength: np.ndarray, number: int) -> np.ndarray:
    """The places (G, number) int64 of the greatest of each row (G, C), in their order."""
    return np.sort(np.argsort(-strength, axis=1, kind="stable")[:, :number], axis=1)


def _middle_doses(chemicals: np.ndarray) -> np.ndarray:
    """The median (K,) of the doses of each compound in samples (N, K) that got it; 1 of one that none got."""
    given = np.where(chemicals > 0, chemicals, np.nan)
    return np.array([np.nanmedian(doses) if np.isfinite(doses).any() else 1.0 for doses in given.T])
