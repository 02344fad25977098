"""Probe: the classifier that reads a run's sample embedding, and what it has seen.

`results/bulk/{run}/probe.npz`, written by `bulk/classify_samples`. Of d dimensions and C classes (none, where there was
nothing to classify; then only the last three arrays say something):

| array | shape, dtype | meaning |
|---|---|---|
| classes | C, str | labels, sorted |
| mean, scale | d, float32 | of the labelled train samples, by which the embedding is standardized |
| coefficients, intercepts | C x d and C, float64 | of multinomial logistic regression; of two, the first has zeros |
| temperature | float64 | by which logits are divided, so that probabilities are calibrated on the validation split |
| centre, precision | d and d x d, float64 | mean and inverse covariance of the train split's standardized embedding |
| distances | V, float64, ascending | Mahalanobis distances of the validation split's samples to the centre |
| run | str | whose embedding it reads |
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from workflow_scripts.io.arrays import read_arrays, write_arrays


class Probe(NamedTuple):
    """As the table above says."""

    classes: np.ndarray
    mean: np.ndarray
    scale: np.ndarray
    coefficients: np.ndarray
    intercepts: np.ndarray
    temperature: float
    centre: np.ndarray
    precision: np.ndarray
    distances: np.ndarray
    run: str


def write(probe: Probe, path: Path) -> None:
    write_arrays(probe._asdict(), path)


def read(path: Path) -> Probe:
    found = read_arrays(path, Probe._fields, "probe")
    return Probe(**{**found, "temperature": float(found["temperature"]), "run": str(found["run"])})
