"""How well labels are told apart by vectors of samples, by Euclidean distance."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import silhouette_score
from sklearn.neighbors import KNeighborsClassifier

NEIGHBOURS = 5  # whose labels tell that of a sample


def silhouette(x: np.ndarray, labels: np.ndarray) -> float:
    """The mean silhouette (Rousseeuw 1987) of samples x (N, d) whose labels (N,) str have two at least.

    NaN where there are not two such labels.
    """
    names, counts = np.unique(labels, return_counts=True)
    several = np.isin(labels, names[counts > 1])
    if len(np.unique(labels[several])) < 2:
        return float("nan")
    return float(silhouette_score(x[several], labels[several]))


def neighbour_accuracy(x: np.ndarray, labels: np.ndarray, others: np.ndarray, of_others: np.ndarray) -> float:
    """The share of `others` (M, d) whose label (M,) most of their five nearest of x (N, d) have, with labels (N,).

    NaN where there are fewer than five, or no others.
    """
    if len(x) < NEIGHBOURS or not len(others):
        return float("nan")
    return float(KNeighborsClassifier(NEIGHBOURS).fit(x, labels).score(others, of_others))
