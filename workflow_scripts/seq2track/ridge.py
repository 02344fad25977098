"""Ridge regression of many rows that come in blocks, its penalty chosen by what it says of others.

Hoerl and Kennard 1970. N rows, F features.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

PENALTIES = (1e-5, 1e-3, 1e-1)  # of features of unit variance, as a share of the weight of all rows
Block = tuple[np.ndarray, np.ndarray, np.ndarray]  # features (N, F), values (N,), weights (N,)


def fit(train: Iterable[Block], validation: Callable[[], Iterable[Block]]) -> tuple[np.ndarray, float]:
    """Coefficients (F,) float64 and the constant that leave the least weighted squared error of `validation`."""
    products, moments, sums, total, of_values = 0.0, 0.0, 0.0, 0.0, 0.0
    for features, values, weights in train:
        weighted = features * weights[:, None].astype(np.float32)
        products = products + (weighted.T @ features).astype(float)
        moments, sums = moments + weighted.T.astype(float) @ values, sums + weighted.sum(0, dtype=float)
        total, of_values = total + weights.sum(dtype=float), of_values + float(weights @ values)
    mean, centre = sums / total, of_values / total
    covariance = products / total - np.outer(mean, mean)
    sd = np.sqrt(np.maximum(np.diag(covariance), 1e-12))
    toward = (moments / total - mean * centre) / sd
    values, vectors = np.linalg.eigh(covariance / np.outer(sd, sd))
    offered = [vectors @ ((vectors.T @ toward) / (np.maximum(values, 0) + penalty)) / sd for penalty in PENALTIES]
    errors = np.zeros(len(offered))
    for features, known, weights in validation():
        said = features @ np.array(offered).T + (centre - np.array(offered) @ mean)
        errors += weights @ (said - known[:, None]) ** 2
    best = offered[int(np.argmin(errors))]
    return best, float(centre - best @ mean)
