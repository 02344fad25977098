"""Courses of a circuit that nothing acts on any more, from where they start, by simple rules: the registry, and they.

A course is the last part of a series throughout which nothing unknown acts. T times of it, G genes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import GroupKFold

from workflow_scripts.circuit.data import Circuit
from workflow_scripts.io.registry import load

PENALTIES = np.logspace(-3, 3, 13)
DECAYS = np.concatenate([[0], np.logspace(-2, 1, 61)])  # per mean step

Course = Callable[[np.ndarray, np.ndarray], np.ndarray]  # from levels (G,) at the start and times (T,) since, to (T, G)

ROLL_OUTS = {
    "persistence": "workflow_scripts.circuit.roll_out_baselines.persistence",
    "jump_to_reference": "workflow_scripts.circuit.roll_out_baselines.jump_to_reference",
    "exponential_decay": "workflow_scripts.circuit.roll_out_baselines.exponential_decay",
    "var_ridge": "workflow_scripts.circuit.roll_out_baselines.var_ridge",
}


def courses(circuit: Circuit) -> list[np.ndarray]:
    """Rows (1 + T,) int64 of each course: its start, and what follows, of series where anything does.

    A series in which something is known to be perturbed is none, its rest is another circuit's.
    """
    found = []
    for rows in circuit.series:
        free = circuit.undisturbed(rows)
        if len(free) > 1 and not any(circuit.perturbations[row] for row in free):
            found.append(free)
    return found


def predict_roll_outs(name: str, circuit: Circuit) -> list[np.ndarray] | None:
    """Levels (T, G) after the start of each of `courses`, by a rule that is fitted to all the others.

    circuit: without gaps, see `data.imputed`. None where there are too few for the rule.
    """
    every, found = courses(circuit), []
    for left, rows in enumerate(every):
        rule = load(ROLL_OUTS[name])(circuit, every[:left] + every[left + 1 :])
        if rule is None:
            return None
        found.append(rule(circuit.levels[rows[0]], circuit.times[rows[1:]] - circuit.times[rows[0]]))
    return found or None


def persistence(circuit: Circuit, others: list[np.ndarray]) -> Course:
    """The levels at the start."""
    return lambda start, times: np.tile(start, (len(times), 1))


def jump_to_reference(circuit: Circuit, others: list[np.ndarray]) -> Course:
    """The circuit at rest, see `Circuit.reference`, at once."""
    return lambda start, times: np.tile(circuit.reference(), (len(times), 1))


def exponential_decay(circuit: Circuit, others: list[np.ndarray]) -> Course | None:
    """Each gene decays to the reference at a rate of its own, that of `DECAYS` with the least error over a step."""
    if not others:
        return None
    reference, (now, after, time) = circuit.reference(), _steps(circuit, others)
    grid = DECAYS / time.mean()
    errors = [
        ((reference + (now - reference) * np.exp(-rate * time)[:, None] - after) ** 2).sum(0) for rate in grid
    ]  # (rates, G)
    rates = grid[np.argmin(errors, axis=0)]
    return lambda start, times: reference + (start - reference) * np.exp(-np.outer(times, rates))


def var_ridge(circuit: Circuit, others: list[np.ndarray]) -> Course | None:
    """Vector autoregression by ridge: levels at the next sample from those now, step by step (Lütkepohl 2005).

    The penalty is the one with the least error on series left out; None of fewer than two. A step is a sample, so
    series need one spacing in time.
    """
    if len(others) < 2:
        return None
    now, after, _ = _steps(circuit, others)
    of_series = np.repeat(np.arange(len(others)), [len(rows) - 1 for rows in others])
    folds: Any = list(GroupKFold(len(others)).split(now, groups=of_series))
    reference = circuit.reference()
    model = RidgeCV(PENALTIES, cv=folds).fit(now - reference, after - reference)

    def roll(start: np.ndarray, times: np.ndarray) -> np.ndarray:
        levels = [start - reference]
        for _ in times:
            levels.append(model.predict(levels[-1][None])[0])
        return reference + np.array(levels[1:])

    return roll


def _steps(circuit: Circuit, courses: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Levels (S, G) now and at the next sample of each step, and the time (S,) between them."""
    now, after = (np.concatenate([rows[part] for rows in courses]) for part in (slice(None, -1), slice(1, None)))
    return circuit.levels[now], circuit.levels[after], circuit.times[after] - circuit.times[now]
