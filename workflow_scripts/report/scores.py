"""What a run's numbers say beside its baselines, in words.

Each number of a model is held against every baseline by the paired interval of their difference (Comparisons): it is
ahead where it is ahead of all of them, behind where it is behind one, and level with the best of them otherwise.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from workflow_scripts.evaluation.comparisons import NUMBER
from workflow_scripts.evaluation.metrics import entry
from workflow_scripts.io.errors import BadInput

SPLITS = ("test", "validation", "train")


class Verdict(NamedTuple):
    """How one number of a model stands against the baselines."""

    model: str
    place: tuple[str, ...]  # values of NUMBER
    says: str  # ahead, behind, level or unknown
    words: str  # "behind knn by 0.120 [0.050, 0.180]", to stand after the model's name


def judge(comparisons: pd.DataFrame) -> list[Verdict]:
    """One verdict for each number of each model of `comparisons` (as in the contract)."""
    return [_verdict(rows) for _, rows in comparisons.groupby(["model", *NUMBER], sort=False)]


def _verdict(rows: pd.DataFrame) -> Verdict:
    """The verdict of the comparisons of one number with every baseline."""
    first = rows.iloc[0]
    place = tuple(first[name] for name in NUMBER)
    sign = 1 if entry(first["metric"]).more_is_better else -1
    by_lead = rows.assign(lead=sign * rows["difference"]).sort_values(["lead", "baseline"])
    behind = by_lead[by_lead["verdict"] == "behind"]
    if len(behind):
        return Verdict(first["model"], place, "behind", f"behind {_by(behind.iloc[0])}")
    defined = by_lead[by_lead["verdict"] != "unknown"]
    if defined.empty:
        return Verdict(first["model"], place, "unknown", "not compared: no interval")
    best = defined.iloc[0]
    if (defined["verdict"] == "ahead").all():
        return Verdict(first["model"], place, "ahead", f"ahead of all; of {_by(best)}")
    level = defined[defined["verdict"] == "level"].iloc[0]
    return Verdict(first["model"], place, "level", f"level with {level['baseline']} ({_difference(level)})")


def _by(row: pd.Series) -> str:
    return f"{row['baseline']} by {number(abs(row['difference']), *sorted(_absolute(row)))}"


def _absolute(row: pd.Series) -> tuple[float, float]:
    """The interval of the size of a difference that does not hold 0."""
    return (row["ci_low"], row["ci_high"]) if row["difference"] > 0 else (-row["ci_low"], -row["ci_high"])


def _difference(row: pd.Series) -> str:
    return f"{row['difference']:+.3f} [{row['ci_low']:+.3f}, {row['ci_high']:+.3f}]"


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
