"""Scores with intervals, as rows of the Metrics contract.

Classification is scored on confusion matrices: one per group of samples, so that a bootstrap over
groups (patients, series) is a sum. To add a classification metric, add one function to `METRICS`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

LEVEL = 0.95


def accuracy(confusion: np.ndarray) -> np.ndarray:
    """Share of samples whose class is predicted. confusion (..., true, predicted) to (...)."""
    return np.trace(confusion, axis1=-2, axis2=-1) / confusion.sum((-2, -1))


def balanced_accuracy(confusion: np.ndarray) -> np.ndarray:
    """Mean recall of the classes that occur (Brodersen et al. 2010)."""
    return _mean(_ratio(_diagonal(confusion), confusion.sum(-1)), confusion.sum(-1) > 0)


def macro_f1(confusion: np.ndarray) -> np.ndarray:
    """Mean F1 of the classes that occur or are predicted."""
    return _mean(f1(confusion), (confusion.sum(-1) + confusion.sum(-2)) > 0)


def weighted_f1(confusion: np.ndarray) -> np.ndarray:
    """Mean F1 of the classes, weighted by how often each occurs."""
    support = confusion.sum(-1)
    return (f1(confusion) * support).sum(-1) / support.sum(-1)


def f1(confusion: np.ndarray) -> np.ndarray:
    """F1 of each class, 2 TP / (2 TP + FP + FN); 0 where a class neither occurs nor is predicted."""
    return _ratio(2 * _diagonal(confusion), confusion.sum(-1) + confusion.sum(-2))


METRICS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "weighted_f1": weighted_f1,
    "macro_f1": macro_f1,
    "balanced_accuracy": balanced_accuracy,
    "accuracy": accuracy,
}


def score_classes(
    labels: np.ndarray, predicted: np.ndarray, groups: np.ndarray, spec: dict[str, Any], **row: str
) -> list[dict[str, Any]]:
    """Rows of Metrics for one model on one split: every metric pooled, and the F1 of each class.

    labels, predicted, groups: (samples,) str. `row` gives model, dataset, split. The intervals are
    percentiles of `spec["bootstrap_samples"]` resamples of whole groups, drawn from `spec["seed"]`.
    """
    classes = np.union1d(labels, predicted)
    per_group = confusions(labels, predicted, groups, classes)
    total, resampled = per_group.sum(0), resample(per_group, spec["bootstrap_samples"], spec["seed"])
    n = len(labels)
    rows = [
        {"level": "pooled", "metric": name, **with_interval(float(metric(total)), metric(resampled)), "n": n}
        for name, metric in METRICS.items()
    ]
    of_class, of_resample, support = f1(total), f1(resampled), total.sum(-1)
    rows += [
        {
            "level": "per_class",
            "metric": f"f1:{label}",
            **with_interval(float(of_class[at]), of_resample[:, at]),
            "n": int(support[at]),
        }
        for at, label in enumerate(classes)
        if support[at]
    ]
    return [{**row, "task": "classification", **scores} for scores in rows]


def confusions(labels: np.ndarray, predicted: np.ndarray, groups: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Counts (groups, true, predicted), classes in the given sorted order, groups sorted by name."""
    names, group = np.unique(groups, return_inverse=True)
    counts = np.zeros((len(names), len(classes), len(classes)))
    np.add.at(counts, (group, np.searchsorted(classes, labels), np.searchsorted(classes, predicted)), 1)
    return counts


def resample(per_group: np.ndarray, samples: int, seed: int) -> np.ndarray:
    """Sums over groups drawn with replacement: (groups, ...) to (samples, ...)."""
    generator = np.random.default_rng(seed)
    groups = len(per_group)
    draws = generator.multinomial(groups, np.full(groups, 1 / groups), size=samples)
    return np.tensordot(draws.astype(float), per_group, axes=1)


def with_interval(value: float, resampled: np.ndarray) -> dict[str, float]:
    """`value` with the 95 % percentile interval of its bootstrap (Efron and Tibshirani 1993, ch. 13)."""
    tail = (1 - LEVEL) / 2
    low, high = np.nanquantile(resampled, [tail, 1 - tail]) if len(resampled) else (np.nan, np.nan)
    return {"value": value, "ci_low": float(low), "ci_high": float(high)}


def metrics_of(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows as a Metrics table, with its column types also where there is no row."""
    import pandas as pd

    from workflow_scripts.contracts import metrics

    numbers = {"value": float, "ci_low": float, "ci_high": float, "n": "int64"}
    return pd.DataFrame(rows, columns=list(metrics.schema().columns)).astype(numbers)


def _diagonal(confusion: np.ndarray) -> np.ndarray:
    return np.diagonal(confusion, axis1=-2, axis2=-1)


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(above, below, out=np.zeros(np.broadcast_shapes(above.shape, below.shape)), where=below > 0)


def _mean(values: np.ndarray, counted: np.ndarray) -> np.ndarray:
    return (values * counted).sum(-1) / counted.sum(-1)
