"""Scores that are functions of sums over samples, with their bootstrap over groups of samples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from workflow_scripts.evaluation.intervals import draws, interval, same_groups
from workflow_scripts.evaluation.metrics import scorers


def by_group(groups: np.ndarray, terms: np.ndarray) -> np.ndarray:
    """Sums (groups, ...) float64 of terms (samples, ...) over the samples of each group, groups sorted by name."""
    names, group = np.unique(groups, return_inverse=True)
    sums = np.zeros((len(names), *terms.shape[1:]))
    np.add.at(sums, group, terms)
    return sums


def score_sums(
    task: str, sums: NamedTuple, samples: pd.DataFrame, spec: dict[str, Any], **row: str
) -> list[dict[str, Any]]:
    """Rows of Replicates: every metric of `task`, a function of such sums, vectorized over leading axes.

    sums: arrays (groups, ...), the groups sorted by name; samples (index sample_id; group, label): those summed over.
    `row` gives model, dataset, split; `spec` seed and bootstrap_samples.
    """

    def resampled(drawn: np.ndarray) -> NamedTuple:
        return type(sums)(*(np.tensordot(drawn, part, 1) for part in sums))

    total = type(sums)(*(part.sum(0) for part in sums))
    return score_resamples(task, total, resampled, samples, spec, **row)


def score_resamples(
    task: str,
    total: NamedTuple,
    resampled: Callable[[np.ndarray], NamedTuple],
    samples: pd.DataFrame,
    spec: dict[str, Any],
    **row: str,
) -> list[dict[str, Any]]:
    """The same of what does not add up over groups.

    `resampled` makes of how often each group was drawn, (resamples, groups), what the metrics are functions of.
    """
    drawn = draws(samples["group"].nunique(), spec["bootstrap_samples"], spec["seed"])
    found = resampled(drawn)
    names = np.stack([samples.index.to_numpy(str), samples["group"].to_numpy(str), samples["label"].to_numpy(str)])
    row = {**row, "task": task, "groups": same_groups(names, spec), "n": len(samples)}
    rows = []
    for (level, metric), score in scorers(task).items():
        value, replicates = float(score(total)), score(found)
        low, high = interval(level, value, replicates)
        numbers = {"value": value, "ci_low": low, "ci_high": high, "replicates": replicates}
        rows.append({**row, "level": level, "metric": metric, **numbers})
    return rows


def ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """above / below, NaN where `below` is 0."""
    above, below = np.broadcast_arrays(np.asarray(above, float), np.asarray(below, float))
    return np.divide(above, below, out=np.full(below.shape, np.nan), where=below != 0)
