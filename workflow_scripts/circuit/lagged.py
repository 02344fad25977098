"""Edges over time: linear models of the next level of a gene from the levels of all genes now.

P steps of series, G genes. One regression a target on all genes that may regulate it, and on its own level, which takes
up its decay.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LassoCV, RidgeCV
from sklearn.model_selection import GroupKFold

from workflow_scripts.circuit.data import Circuit
from workflow_scripts.circuit.evidence import Inferred, without_self

PENALTIES = np.logspace(-2, 4, 25)  # of ridge, for standardized levels
ALPHAS = 30  # of LASSO, from the one that leaves no gene on


def steps(circuit: Circuit) -> tuple[np.ndarray, np.ndarray]:
    """Rows (P,) int64 of all samples of series that have a next one, and rows (P,) of that."""
    pairs = [np.stack([rows[:-1], rows[1:]]) for rows in circuit.series]
    return tuple(np.concatenate([np.empty((2, 0), int), *pairs], axis=1))


def lagged_ridge(circuit: Circuit, seed: int, settings: dict[str, Any]) -> Inferred | None:
    """|coefficient| of ridge regression of the next level on standardized levels; the time grows with P x G^2 x folds.

    The penalty of each target is chosen by errors on series left out, of its `folds` parts; a target counts in its own
    standard deviations. None of fewer than two series.
    """

    def fit(x: np.ndarray, y: np.ndarray, folds: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
        return RidgeCV(PENALTIES, cv=folds).fit(x, y / (y.std() or 1.0)).coef_

    return lagged(circuit, settings["folds"], fit)


def lagged_lasso(circuit: Circuit, seed: int, settings: dict[str, Any]) -> Inferred | None:
    """|coefficient| of LASSO (Tibshirani 1996) of the next level on standardized levels; time grows with P x G^2.

    The penalty of each target is chosen as of `lagged_ridge`; a target counts in its own levels, so that those that
    change most weigh most. None of fewer than two series.
    """

    def fit(x: np.ndarray, y: np.ndarray, folds: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # of the smallest penalties, which are not chosen
            return LassoCV(alphas=ALPHAS, cv=folds, max_iter=5000).fit(x, y).coef_

    return lagged(circuit, settings["folds"], fit)


Fit = Callable[[np.ndarray, np.ndarray, list[tuple[np.ndarray, np.ndarray]]], np.ndarray]


def lagged(circuit: Circuit, folds: int, fit: Fit) -> Inferred | None:
    """Coefficients of each target by `fit`, of steps in which the target itself is not perturbed."""
    now, after = steps(circuit)
    of_series = np.repeat(np.arange(len(circuit.series)), [len(rows) - 1 for rows in circuit.series])
    found = np.zeros((len(circuit.genes),) * 2)
    fitted = False
    for target in range(len(circuit.genes)):
        free = circuit.rates[after, target] == 1
        parts = min(folds, len(np.unique(of_series[free])))
        if parts > 1:
            x, y = circuit.levels[now[free]], circuit.levels[after[free], target]
            spread = x.std(0)
            standard = np.divide(x - x.mean(0), spread, out=np.zeros_like(x), where=spread > 0)
            seen = circuit.regulators(target)
            seen[target] = True
            if y.std() > 0:
                series = list(GroupKFold(parts).split(x, groups=of_series[free]))
                found[seen, target] = fit(standard[:, seen], y, series)
            fitted = True
    return Inferred(without_self(np.abs(found)), without_self(found)) if fitted else None
