"""Changes under perturbations by simple rules: the registry, and they.

One entry a line: the key is the name of its rows in Metrics; `function` is one of this file:

    function(known: Known, asked: Asked) -> changes (R, G) float64

`known` holds nothing of what is asked. To add a rule, write one function, add its line, and in
`evaluation/cell_models.py` what it is called where people read of it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from workflow_scripts.circuit.effect_tasks import Asked, Known
from workflow_scripts.circuit.response_baselines import greatest
from workflow_scripts.evaluation.cell_models import DOUBLES, UNSEEN

HERE = "workflow_scripts.circuit.effect_rules"


class Rule(NamedTuple):
    function: str
    tasks: tuple[str, ...] = (UNSEEN, DOUBLES)


RULES = {
    "no_change": Rule(f"{HERE}.no_change"),
    "train_mean": Rule(f"{HERE}.train_mean"),
    "mean_of_doubles": Rule(f"{HERE}.mean_of_doubles", (DOUBLES,)),
    "matching_mean": Rule(f"{HERE}.matching_mean", (DOUBLES,)),
    "additive": Rule(f"{HERE}.additive", (DOUBLES,)),
    "largest_effect": Rule(f"{HERE}.largest_effect", (DOUBLES,)),
}


def no_change(known: Known, asked: Asked) -> np.ndarray:
    """None."""
    return np.zeros((len(asked.targets), known.change.shape[1]))


def train_mean(known: Known, asked: Asked) -> np.ndarray:
    """The mean over known single perturbations of the context, or of all contexts where it has none."""
    return mean_of_context(known.take(known.number == 1), asked)


def mean_of_doubles(known: Known, asked: Asked) -> np.ndarray:
    """The mean over known doubles of the context; where none is known, over single perturbations."""
    doubles = known.take(known.number == 2)
    return mean_of_context(doubles, asked) if doubles.targets else train_mean(known, asked)


def matching_mean(known: Known, asked: Asked) -> np.ndarray:
    """The mean of the changes under the two genes alone (Systema, 2025)."""
    return np.array([of.mean(0) for of in _singles(known, asked)])


def additive(known: Known, asked: Asked) -> np.ndarray:
    """The sum of the changes under the two genes alone."""
    return np.array([of.sum(0) for of in _singles(known, asked)])


def largest_effect(known: Known, asked: Asked) -> np.ndarray:
    """On each gene the larger of the changes under the two genes alone, in either direction."""
    return np.array([greatest(of) for of in _singles(known, asked)])


def mean_of_context(known: Known, asked: Asked) -> np.ndarray:
    """The mean change (R, G) of all that is known in the context of each, or anywhere where nothing is known of it."""
    means = {name: known.change[known.context == name].mean(0) for name in np.unique(known.context)}
    every = known.change.mean(0)
    return np.array([means.get(name, every) for name in asked.context])


def _singles(known: Known, asked: Asked) -> list[np.ndarray]:
    """Of each asked perturbation the changes (2, G) under its genes alone, in its context."""
    found = known.singles()
    return [
        np.array([found[gene, str(context)] for gene in genes])
        for genes, context in zip(asked.targets, asked.context, strict=True)
    ]
