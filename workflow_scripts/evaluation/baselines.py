"""Classifiers: the baselines, and the probe that reads a model's embedding.

Each entry of `CLASSIFIERS` is one function: from the classification section of the configuration to
the candidates it offers, simplest first. The candidate with the best weighted F1 on the validation
split is kept; it has seen the train split alone. To add a baseline, add one function and its entry.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.decomposition import PCA
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from workflow_scripts.evaluation.class_counts import class_counts, weighted_f1

log = logging.getLogger(__name__)


def logistic_regression(spec: dict[str, Any]) -> list[Any]:
    """Multinomial logistic regression with an L2 penalty, of each strength in `regularization`."""
    return [LogisticRegression(C=strength, max_iter=1000) for strength in sorted(spec["regularization"])]


def pca_logistic_regression(spec: dict[str, Any]) -> list[Any]:
    """Logistic regression on the first `pca_components` principal components of the train split."""

    def components() -> Any:
        return PCA(spec["pca_components"], svd_solver="randomized", random_state=spec["seed"])

    return [make_pipeline(components(), StandardScaler(), model) for model in logistic_regression(spec)]


def knn(spec: dict[str, Any]) -> list[Any]:
    """The vote of the nearest train samples, each number of `neighbours`."""
    return [KNeighborsClassifier(number) for number in sorted(spec["neighbours"], reverse=True)]


def majority_class(spec: dict[str, Any]) -> list[Any]:
    """The most frequent class of the train split, whatever the sample."""
    return [DummyClassifier(strategy="most_frequent")]


Candidates = Callable[[dict[str, Any]], list[Any]]
CLASSIFIERS: dict[str, Candidates] = {
    "logistic_regression_log_tpm": logistic_regression,
    "pca_logistic_regression": pca_logistic_regression,
    "knn": knn,
    "majority_class": majority_class,
}


def select(
    candidates: Candidates,
    train: tuple[np.ndarray, np.ndarray],
    validation: tuple[np.ndarray, np.ndarray],
    spec: dict[str, Any],
) -> Any:
    """The fitted candidate that does best on the validation split; the first of equals.

    train, validation: (x, labels), x (samples, features) float32, labels (samples,) str. Components
    and neighbours that the train split is too small for are lowered to what it allows.
    """
    samples, features = train[0].shape
    allowed = {
        **spec,
        "pca_components": min(spec["pca_components"], samples, features),
        "neighbours": sorted({min(number, samples) for number in spec["neighbours"]}),
    }
    best, best_score = None, -1.0
    for candidate in candidates(allowed):
        candidate.fit(*train)
        score = weighted_f1_of(validation[1], candidate.predict(validation[0]).astype(str))
        log.info("%s: weighted F1 %.4f on validation", " ".join(str(candidate).split()), score)
        if score > best_score:
            best, best_score = candidate, score
    return best


def weighted_f1_of(labels: np.ndarray, predicted: np.ndarray) -> float:
    """Weighted F1 of predicted classes; labels, predicted (samples,) str."""
    one_group = np.zeros(len(labels), "U1")
    return float(weighted_f1(class_counts(labels, predicted, one_group, np.union1d(labels, predicted))[0]))
