"""Classifiers: the baselines, and the probe that reads a model's embedding.

Each is one function, named in the registry `models.py`: from the features of the train samples, x (samples, features)
float32, and the classification section of the configuration to the candidates it offers, simplest first. Genes stand in
order of their spread in the train split, the most variable first. The candidate with the best weighted F1 on the
validation split is kept; it has seen the train split alone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from workflow_scripts.evaluation.class_counts import class_counts, weighted_f1
from workflow_scripts.evaluation.factors import components

ROUNDING = np.finfo(np.float32).eps
log = logging.getLogger(__name__)


def logistic_regression(x: np.ndarray, spec: dict[str, Any]) -> list[Any]:
    """Multinomial logistic regression with an L2 penalty, of each strength in `regularization`."""
    return [LogisticRegression(C=strength, max_iter=1000) for strength in sorted(spec["regularization"])]


def variable_logistic_regression(x: np.ndarray, spec: dict[str, Any]) -> list[Any]:
    """Logistic regression on the most variable genes of the train split, for each number in `variable_genes`."""
    return [
        make_pipeline(FunctionTransformer(_first, kw_args={"number": number}), model)
        for number in sorted({min(number, x.shape[1]) for number in spec["variable_genes"]})
        for model in logistic_regression(x, spec)
    ]


def _first(x: np.ndarray, number: int) -> np.ndarray:
    return x[:, :number]


def random_forest(x: np.ndarray, spec: dict[str, Any]) -> list[Any]:
    """A random forest (Breiman 2001) of so many `trees`."""
    return [RandomForestClassifier(spec["trees"], random_state=spec["seed"])]


def pca_logistic_regression(x: np.ndarray, spec: dict[str, Any]) -> list[Any]:
    """Logistic regression on the first principal components of the train split, for each number in `pca_components`.

    Each component is brought to a standard deviation of 1. N samples have N - 1 components at most, and fewer where
    some are alike; what varies by rounding alone is none, as brought to one scale it would drown the others.
    """
    mean = x.mean(axis=0)
    axes, variance = components(x - mean, min(max(spec["pca_components"]), *x.shape), spec["seed"])
    size = np.sqrt(variance)
    rank = int((size > size[0] * max(x.shape) * ROUNDING).sum())
    if not rank:
        return majority_class(x, spec)
    axes = (axes[:rank] / size[:rank, None]).astype(np.float32)

    def project(x: np.ndarray, number: int) -> np.ndarray:
        return (x - mean) @ axes[:number].T

    return [
        make_pipeline(FunctionTransformer(project, kw_args={"number": number}), model)
        for number in sorted({min(number, rank) for number in spec["pca_components"]})
        for model in logistic_regression(x, spec)
    ]


def knn(x: np.ndarray, spec: dict[str, Any]) -> list[Any]:
    """The vote of the nearest train samples, each number of `neighbours`, of which there are not more than samples."""
    numbers = {min(number, len(x)) for number in spec["neighbours"]}
    return [KNeighborsClassifier(number) for number in sorted(numbers, reverse=True)]


class Permuted:
    """A classifier that is fitted to the labels of other samples."""

    def __init__(self, model: Any, seed: int) -> None:
        self.model, self.seed = model, seed

    def fit(self, x: np.ndarray, labels: np.ndarray) -> None:
        self.model.fit(x, np.random.default_rng(self.seed).permutation(labels))

    def predict(self, x: np.ndarray) -> np.ndarray:
        return self.model.predict(x)

    def __str__(self) -> str:
        return f"permuted labels, {self.model}"


def permuted_labels(x: np.ndarray, spec: dict[str, Any]) -> list[Any]:
    """`pca_logistic_regression`, fitted to permuted labels: what the same choices come to where nothing is told.

    That is more than a guess where validation chooses among many, and whole classes are told alike.
    """
    return [Permuted(model, spec["seed"]) for model in pca_logistic_regression(x, spec)]


def majority_class(x: np.ndarray, spec: dict[str, Any]) -> list[Any]:
    """The most frequent class of the train split, whatever the sample."""
    return [DummyClassifier(strategy="most_frequent")]


Candidates = Callable[[np.ndarray, dict[str, Any]], list[Any]]


def select(
    candidates: Candidates,
    train: tuple[np.ndarray, np.ndarray],
    validation: tuple[np.ndarray, np.ndarray],
    spec: dict[str, Any],
) -> Any:
    """The fitted candidate that does best on the validation split; the first of equals.

    train, validation: (x, labels), x (samples, features) float32, labels (samples,) str.
    """
    best, best_score = None, -1.0
    for candidate in candidates(train[0], spec):
        candidate.fit(*train)
        score = weighted_f1_of(validation[1], candidate.predict(validation[0]).astype(str))
        log.info("%s: weighted F1 %.4f on validation", " ".join(str(candidate).split()), score)
        if score > best_score:
            best, best_score = candidate, score
    return best


def scale_of(mean: np.ndarray, sd: np.ndarray) -> np.ndarray:
    """By what a feature is brought to one scale: its sd, or 1 where the spread is that of rounding; as `sd`."""
    return np.where(sd > 2 * ROUNDING * np.abs(mean), sd, 1)


def standardize(x: np.ndarray, mean: np.ndarray, sd: np.ndarray) -> np.ndarray:
    """x (samples, features) less `mean`, by `sd`, both (features,) of the train split; float32."""
    found = x - mean.astype(np.float32)
    found /= scale_of(mean, sd).astype(np.float32)
    return found


def weighted_f1_of(labels: np.ndarray, predicted: np.ndarray) -> float:
    """Weighted F1 of predicted classes; labels, predicted (samples,) str."""
    one_group = np.zeros(len(labels), "U1")
    return float(weighted_f1(class_counts(labels, predicted, one_group, np.union1d(labels, predicted))[0]))
