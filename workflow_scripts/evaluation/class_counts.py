"""Classification in counts, and the metrics that are functions of them.

Counts (..., classes, 3) tell of each class how many samples are of it, how many are predicted to be, and how many are
both. Counts of groups of samples add up, so a bootstrap over groups (patients, series) is a weighted sum.
"""

from __future__ import annotations

import numpy as np


def accuracy(counts: np.ndarray) -> np.ndarray:
    """Share of samples whose class is predicted. counts (..., classes, 3) to (...)."""
    true, _, both = np.moveaxis(counts, -1, 0)
    return both.sum(-1) / true.sum(-1)


def balanced_accuracy(counts: np.ndarray) -> np.ndarray:
    """Mean recall of the classes that occur (Brodersen et al. 2010)."""
    true, _, both = np.moveaxis(counts, -1, 0)
    return _mean(_ratio(both, true), true > 0)


def macro_f1(counts: np.ndarray) -> np.ndarray:
    """Mean F1 of the classes that occur or are predicted."""
    return _mean(f1(counts), counts[..., 0] + counts[..., 1] > 0)


def weighted_f1(counts: np.ndarray) -> np.ndarray:
    """Mean F1 of the classes, weighted by how often each occurs."""
    true = counts[..., 0]
    return (f1(counts) * true).sum(-1) / true.sum(-1)


def f1(counts: np.ndarray) -> np.ndarray:
    """F1 of each class, 2 TP / (2 TP + FP + FN); 0 where a class neither occurs nor is predicted."""
    true, predicted, both = np.moveaxis(counts, -1, 0)
    return _ratio(2 * both, true + predicted)


def class_counts(labels: np.ndarray, predicted: np.ndarray, groups: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Counts (groups, classes, 3) of samples that are, that are predicted to be, and both.

    labels, predicted, groups: (samples,) str; classes in sorted order; the groups come sorted by name.
    """
    names, group = np.unique(groups, return_inverse=True)
    counts = np.zeros((len(names), len(classes), 3))
    right = labels == predicted
    true, guessed = np.searchsorted(classes, labels), np.searchsorted(classes, predicted)
    np.add.at(counts, (group, true, 0), 1)
    np.add.at(counts, (group, guessed, 1), 1)
    np.add.at(counts, (group[right], true[right], 2), 1)
    return counts


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(above, below, out=np.zeros(np.broadcast_shapes(above.shape, below.shape)), where=below > 0)


def _mean(values: np.ndarray, counted: np.ndarray) -> np.ndarray:
    return (values * counted).sum(-1) / counted.sum(-1)
