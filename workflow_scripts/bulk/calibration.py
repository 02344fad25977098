"""A probe from a fitted classifier: its temperature, and where the samples lie that it has seen."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.covariance import LedoitWolf

from workflow_scripts.bulk.probe import distances, logits, softmax, standardized
from workflow_scripts.contracts.probe import Probe

BOUNDS = (np.log(0.05), np.log(20))  # of the logarithm of a temperature


def make_probe(
    classifier: Any | None,
    mean: np.ndarray,
    scale: np.ndarray,
    train: np.ndarray,
    validation: np.ndarray,
    labels: np.ndarray,
    run: str,
) -> Probe:
    """A Probe of the logistic regression `classifier`, None where there was nothing to classify.

    mean, scale: (d,) float32, by which the classifier's features were standardized;
    train, validation: embeddings (N, d) float32 of all samples of these splits, as they were made; labels: the classes
    of `validation`, "" where unknown. Covariance by Ledoit and Wolf, J. Multivariate Analysis 88:365 (2004).
    """
    dims = train.shape[1]
    classes, coefficients, intercepts = _weights(classifier, dims)
    covariance = LedoitWolf().fit((train - mean) / scale)
    probe = Probe(
        classes=classes,
        mean=mean,
        scale=scale,
        coefficients=coefficients,
        intercepts=intercepts,
        temperature=1.0,
        centre=covariance.location_,
        precision=covariance.precision_,
        distances=np.empty(0),
        run=run,
    )
    seen = standardized(probe, validation)
    probe = probe._replace(distances=np.sort(distances(probe, seen)))
    known = np.isin(labels, classes)
    if not known.any():
        return probe
    truth = np.searchsorted(classes, labels[known])
    return probe._replace(temperature=fit_temperature(logits(probe, seen[known]), truth))


def _weights(classifier: Any | None, dims: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Classes, coefficients and intercepts; of two classes scikit-learn has those of the second alone."""
    if classifier is None:
        return np.empty(0, "U1"), np.empty((0, dims)), np.empty(0)
    classes = np.asarray(classifier.classes_).astype(str)
    coefficients, intercepts = classifier.coef_, classifier.intercept_
    if len(classes) == 2:
        coefficients = np.concatenate([np.zeros_like(coefficients), coefficients])
        intercepts = np.concatenate([np.zeros_like(intercepts), intercepts])
    return classes, coefficients, intercepts


def fit_temperature(found: np.ndarray, truth: np.ndarray) -> float:
    """The temperature of the least negative log-likelihood (Guo et al., ICML 2017).

    found (N, C): logits; truth (N,) int: positions of the true classes.
    """

    def loss(log_temperature: float) -> float:
        likelihood = softmax(found / np.exp(log_temperature))[np.arange(len(truth)), truth]
        return float(-np.log(np.maximum(likelihood, 1e-300)).mean())

    return float(np.exp(minimize_scalar(loss, bounds=BOUNDS, method="bounded").x))
