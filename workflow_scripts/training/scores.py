"""Scores with intervals, as rows of the Metrics contract.

Classification is scored on counts (..., classes, 3) of each class: how many samples are of it, how many
are predicted to be, and how many are both. Counts of groups of samples add up, so a bootstrap over groups
(patients, series) is a weighted sum. To add a classification metric, add one function to `METRICS`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from workflow_scripts.contracts import metrics

LEVEL = 0.95


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
    per_group = class_counts(labels, predicted, groups, classes)
    total, resampled = per_group.sum(0), resample(per_group, spec["bootstrap_samples"], spec["seed"])
    n = len(labels)
    rows = [
        {"level": "pooled", "metric": name, **with_interval(float(metric(total)), metric(resampled)), "n": n}
        for name, metric in METRICS.items()
    ]
    support = total[:, 0]
    # A resample without a sample of the class says nothing of it.
    of_class, of_resample = f1(total), np.where(resampled[..., 0] > 0, f1(resampled), np.nan)
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


def resample(per_group: np.ndarray, samples: int, seed: int) -> np.ndarray:
    """Sums over groups drawn with replacement: (groups, ...) to (samples, ...), none where one group is all."""
    generator = np.random.default_rng(seed)
    groups = len(per_group)
    samples = samples if groups > 1 else 0
    draws = generator.multinomial(groups, np.full(groups, 1 / groups), size=samples)
    return np.tensordot(draws.astype(float), per_group, axes=1)


def with_interval(value: float, resampled: np.ndarray) -> dict[str, float]:
    """`value` with the 95 % percentile interval of its bootstrap (Efron and Tibshirani 1993, ch. 13)."""
    tail = (1 - LEVEL) / 2
    defined = resampled[~np.isnan(resampled)]
    low, high = np.quantile(defined, [tail, 1 - tail]) if len(defined) else (np.nan, np.nan)
    return {"value": value, "ci_low": float(low), "ci_high": float(high)}


def metrics_of(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows as a Metrics table, with its column types also where there is no row."""
    numbers = {"value": float, "ci_low": float, "ci_high": float, "n": "int64"}
    return pd.DataFrame(rows, columns=list(metrics.schema().columns)).astype(numbers)


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(above, below, out=np.zeros(np.broadcast_shapes(above.shape, below.shape)), where=below > 0)


def _mean(values: np.ndarray, counted: np.ndarray) -> np.ndarray:
    return (values * counted).sum(-1) / counted.sum(-1)
