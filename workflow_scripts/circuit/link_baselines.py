"""What any model of enhancers must beat: distance, activity by contact, and fits of each pair by itself.

Each function is as `link_models` says.
"""

from __future__ import annotations

import logging
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from workflow_scripts.circuit.link_features import Candidates, Standardizer, fit_standardizer
from workflow_scripts.circuit.link_folds import inner_folds

ROUNDS = 200  # of gradient boosting at most
log = logging.getLogger(__name__)


def distance(data: Candidates, spec: dict[str, Any]) -> np.ndarray:
    """The nearer, the likelier."""
    return -data.distance


def activity_by_contact(data: Candidates, spec: dict[str, Any]) -> np.ndarray:
    """Activity x contact, see `link_features.contact_activity`."""
    return data.activity


def share_of_contact(data: Candidates, spec: dict[str, Any]) -> np.ndarray:
    """Activity x contact by its sum over the pairs of the gene, as the ABC score has it over all elements near a gene.

    Over pairs that happened to be tested the sum means little: a gene with one pair gives it the share 1.
    """
    total = pd.Series(data.activity).groupby(data.gene).transform("sum").to_numpy()
    return np.divide(data.activity, total, out=np.zeros(len(total)), where=total > 0)


def logistic_regression(data: Candidates, spec: dict[str, Any]) -> np.ndarray:
    """Logits of a ridge logistic regression on standardized features."""
    return fit_linear(data, choose_strength(data, spec))(data.x)


def counted_logistic_regression(data: Candidates, spec: dict[str, Any]) -> np.ndarray:
    """The same with one feature more: ln of how many pairs of the gene there are.

    That number says how an experiment was designed as well as what surrounds a gene; a model that sees the pairs of a
    gene together can read it off.
    """
    count = pd.Series(data.gene).groupby(data.gene).transform("size").to_numpy(float)
    return logistic_regression(data._replace(x=np.column_stack([data.x, np.log(count)])), spec)


def gradient_boosting(data: Candidates, spec: dict[str, Any]) -> np.ndarray:
    """Logits of boosted trees (histograms of features), of as many rounds as have the least loss on inner folds."""
    fold, loss = inner_folds(data, spec["inner_folds"]), np.zeros(ROUNDS)
    for number in range(fold.max() + 1):
        trees = _boost(data, fold != number, ROUNDS, spec["seed"])
        valid = (fold == number) & np.isfinite(data.regulated)
        said = trees.staged_predict_proba(data.x[valid])
        loss += [cross_entropy(data.regulated[valid], probability[:, 1]) for probability in said]
    rounds = int(loss.argmin()) + 1
    log.info("gradient boosting: %d rounds", rounds)
    return _boost(data, np.full(len(fold), True), rounds, spec["seed"]).decision_function(data.x)


def _boost(data: Candidates, rows: np.ndarray, rounds: int, seed: int) -> HistGradientBoostingClassifier:
    rows = rows & np.isfinite(data.regulated)
    trees = HistGradientBoostingClassifier(
        learning_rate=0.05, max_iter=rounds, max_leaf_nodes=15, early_stopping=False, random_state=seed
    )
    return trees.fit(data.x[rows], data.regulated[rows])


class Linear(NamedTuple):
    """A fitted logistic regression."""

    standardizer: Standardizer
    weights: np.ndarray  # (F,) float64
    intercept: float

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Logits (N,) float64 of x (N, F)."""
        return self.standardizer(x) @ self.weights + self.intercept


def fit_linear(data: Candidates, strength: float, rows: np.ndarray | None = None) -> Linear:
    """Of the tested pairs among `rows` (N,) bool, or of all; strength: the inverse of the penalty (C)."""
    rows = np.isfinite(data.regulated) & (True if rows is None else rows)
    standardizer = fit_standardizer(data.x[rows])
    fitted = LogisticRegression(C=strength, max_iter=2000).fit(standardizer(data.x[rows]), data.regulated[rows])
    return Linear(standardizer, fitted.coef_[0], float(fitted.intercept_[0]))


def choose_strength(data: Candidates, spec: dict[str, Any]) -> float:
    """Of `strengths` that with the least loss on inner folds, the weakest of equals."""
    fold, tested = inner_folds(data, spec["inner_folds"]), np.isfinite(data.regulated)
    losses = {}
    for strength in sorted(spec["strengths"]):
        losses[strength] = 0.0
        for number in range(fold.max() + 1):
            valid = (fold == number) & tested
            logits = fit_linear(data, strength, fold != number)(data.x[valid])
            losses[strength] += cross_entropy(data.regulated[valid], expit(logits))
    return min(losses, key=losses.get)


def cross_entropy(regulated: np.ndarray, probability: np.ndarray) -> float:
    """Sum of the cross-entropy (nats) of what is (N,) 0 or 1 and how likely it was said to be (N,)."""
    probability = np.clip(probability, 1e-12, 1 - 1e-12)
    return float(-(regulated * np.log(probability) + (1 - regulated) * np.log1p(-probability)).sum())
