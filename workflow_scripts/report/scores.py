"""Every number of a run beside its baselines, and in words who is ahead.

A comparison is strict against the model: it is held against the best baseline on that very number, so
a model that is not ahead of all of them is said to lose.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from workflow_scripts.io.errors import BadInput

# What each metric is called, and whether more of it is better. A metric that is not here is listed
# without a verdict.
METRICS = {
    "weighted_f1": ("weighted F1", True),
    "macro_f1": ("macro F1", True),
    "balanced_accuracy": ("balanced accuracy", True),
    "accuracy": ("accuracy", True),
    "f1": ("F1", True),
    "pearson": ("Pearson r", True),
    "rmse": ("RMSE", False),
    "skill": ("skill over the gene mean", True),
}
LEVELS = {"pooled": "pooled", "per_gene": "per gene", "per_sample": "per sample", "per_class": "per class"}
NO_BASELINE = "has no baseline"
SPLITS = ("test", "validation", "train")
KEYS = ["task", "dataset", "split", "level", "metric"]


class Verdict(NamedTuple):
    """How one number of a model stands against the baselines."""

    model: str
    place: tuple[str, ...]  # values of KEYS
    loses: bool
    words: str  # "loses to knn by 0.120", to stand after the model's name


def metric_label(metric: str) -> str:
    """The name of a metric as it is printed; `f1:READ` is F1 of the class READ."""
    name, _, of = metric.partition(":")
    label = METRICS.get(name, (name.replace("_", " "), True))[0]
    return f"{label} of {of}" if of else label


def more_is_better(metric: str) -> bool | None:
    """None where nothing is known of the metric."""
    return METRICS.get(metric.partition(":")[0], (None, None))[1]


def judge(metrics: pd.DataFrame, ours: Collection[str]) -> list[Verdict]:
    """Hold every number of the models `ours` against the best baseline on it (`metrics`: the contract's rows)."""
    verdicts = []
    for place, rows in metrics.groupby(KEYS, sort=False):
        own, baselines = rows[rows["model"].isin(ours)], rows[~rows["model"].isin(ours)].dropna(subset=["value"])
        upward = more_is_better(place[-1])
        if upward is None:
            continue
        for row in own.dropna(subset=["value"]).itertuples():
            if baselines.empty:
                verdicts.append(Verdict(row.model, place, False, NO_BASELINE))
                continue
            best = baselines.sort_values(["value", "model"], ascending=[not upward, True]).iloc[0]
            lead = (row.value - best["value"]) * (1 if upward else -1)
            verdicts.append(Verdict(row.model, place, bool(lead < 0), _words(row, best, lead)))
    return verdicts


def _words(row: Any, best: pd.Series, lead: float) -> str:
    """Who is ahead, by how much, and whether the intervals overlap.

    Overlap decides nothing: each interval is of one model alone, and errors on the same samples go together.
    """
    if lead == 0:
        return f"equals {best['model']}"
    overlap = row.ci_low <= best["ci_high"] and best["ci_low"] <= row.ci_high  # False where one is NaN
    said = f"{'ahead of' if lead > 0 else 'loses to'} {best['model']} by {abs(lead):.3f}"
    return f"{said}, intervals overlap" if overlap else said


def best_model(metrics: pd.DataFrame, models: Collection[str], metric: str = "weighted_f1") -> tuple[str, str]:
    """The model with the most of `metric`, and the split that it was chosen on.

    Weighted F1 also chooses the settings of every classifier. Chosen on the validation split, so that the choice
    does not read the test split; on the test split only where no validation number exists. Without any number:
    the first by name, split `none`.
    """
    rows = metrics[metrics["model"].isin(models) & (metrics["metric"] == metric) & (metrics["level"] == "pooled")]
    for split in ("validation", "test"):
        of_split = rows[rows["split"] == split].dropna(subset=["value"])
        if len(of_split):
            means = of_split.groupby("model")["value"].mean()
            return min(means.index, key=lambda name: (-means[name], name)), split
    return min(models), "none"


def mask_ratio(dataset: str, where: Path) -> float:
    """The share of genes that was hidden, of an imputation dataset `mask_{share}`; anything else raises BadInput."""
    try:
        ratio = float(dataset.removeprefix("mask_"))
    except ValueError:
        ratio = 0.0
    if not (dataset.startswith("mask_") and 0 < ratio <= 1):
        remedy = "Remove the file and run its rule again."
        raise BadInput(where, f"dataset {dataset!r}", "is not mask_ and a share of hidden genes", remedy)
    return ratio


def number(value: float, low: float, high: float) -> str:
    """`0.912 [0.881, 0.940]`, without the interval where there is none."""
    if value != value:
        return "not defined"
    return f"{value:.3f} [{low:.3f}, {high:.3f}]" if low == low and high == high else f"{value:.3f}"
