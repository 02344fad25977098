"""The classifier on a sample embedding: fitted, calibrated, and read.

What reads it needs numpy alone, so that a bundle can be used without the workflow's other packages.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from workflow_scripts.contracts.probe import Probe

FAR = 0.99  # share of validation samples that lie nearer than a sample that is called unlike those of training


class Reading(NamedTuple):
    """What a probe says of N samples."""

    predicted: np.ndarray  # (N,) str; empty where the probe has no classes
    probability: np.ndarray  # (N,) float64, of the predicted class, calibrated; NaN without classes
    distance: np.ndarray  # (N,) float64, Mahalanobis distance to the train split's centre
    beyond: np.ndarray  # (N,) float64, share of validation samples that lie nearer (0 to 1)


def standardized(probe: Probe, x: np.ndarray) -> np.ndarray:
    """x (N, d) float32 less the mean of the train split, by its scale; float32, as in `evaluation/baselines`."""
    return (np.asarray(x, np.float32) - probe.mean) / probe.scale


def logits(probe: Probe, z: np.ndarray) -> np.ndarray:
    """(N, C) float64 of standardized z (N, d)."""
    return z @ probe.coefficients.T + probe.intercepts


def softmax(of: np.ndarray) -> np.ndarray:
    """Probabilities (N, C) of logits, each row adding up to 1."""
    raised = np.exp(of - of.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def distances(probe: Probe, z: np.ndarray) -> np.ndarray:
    """Mahalanobis distance of each row of standardized z (N, d) to the centre of the train split."""
    away = z - probe.centre
    return np.sqrt(np.maximum(np.einsum("nd,de,ne->n", away, probe.precision, away), 0))


def probabilities(probe: Probe, x: np.ndarray) -> np.ndarray:
    """Calibrated probabilities (N, C) float64 of the classes, of an embedding x (N, d) float32."""
    return softmax(logits(probe, standardized(probe, x)) / probe.temperature)


def read_embedding(probe: Probe, x: np.ndarray) -> Reading:
    """Class, calibrated probability and distance of the samples of an embedding x (N, d) float32."""
    z = standardized(probe, x)
    distance = distances(probe, z)
    beyond = np.searchsorted(probe.distances, distance) / max(1, len(probe.distances))
    if not len(probe.classes):
        return Reading(np.full(len(x), "", "U1"), np.full(len(x), np.nan), distance, beyond)
    found = probabilities(probe, x)
    best = found.argmax(axis=1)
    probability = found[np.arange(len(x)), best]
    return Reading(probe.classes[best].astype(str), probability, distance, beyond)
