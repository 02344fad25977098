"""What a run's numbers say beside its baselines, in words.

Each number of a model is held against every baseline by the paired interval of their difference (Comparisons): it is
ahead where it is ahead of all of them, behind where it is behind one, and level with the best of them otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from math import ceil, log10
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from workflow_scripts.contracts.comparisons import VERDICTS
from workflow_scripts.evaluation.cell_models import DOUBLES, UNSEEN
from workflow_scripts.evaluation.comparisons import NUMBER, with_baselines
from workflow_scripts.evaluation.metrics import EDGES, LINKS, RESPONSE, ROLL_OUT, entry
from workflow_scripts.evaluation.models import label
from workflow_scripts.io.errors import BadInput

SPLITS = ("test", "validation", "train")
DATASETS = {
    "all": "all labelled samples",
    "held_out": "the same sample of another source, among held-out samples",
    "survival": "pairs of samples of one label",
}


# What is predicted of a circuit, of enhancers or of perturbed cells, by the task.
SUBJECTS = {
    EDGES: "edges of {}",
    RESPONSE: "two genes perturbed in {}",
    ROLL_OUT: "time series of {}",
    LINKS: "enhancers of {}",
    DOUBLES: "two genes perturbed in cells of {}",
    UNSEEN: "genes never perturbed in cells of {}",
}


class Place(NamedTuple):
    """What a number is of: values of NUMBER."""

    dataset: str
    split: str
    task: str
    level: str
    metric: str


class Verdict(NamedTuple):
    """How one number of a model stands against the baselines."""

    model: str
    place: Place
    says: str  # ahead, behind, level or unknown
    words: str  # "behind gene mean by 0.120 [0.050, 0.180]", to stand after "the model is"


def judge(comparisons: pd.DataFrame) -> list[Verdict]:
    """One verdict for each number of each model of `comparisons` (as in the contract), beside baselines alone."""
    return [_verdict(rows) for _, rows in with_baselines(comparisons).groupby(["model", *NUMBER], sort=False)]


def _verdict(rows: pd.DataFrame) -> Verdict:
    """The verdict of the comparisons of one number with every baseline."""
    model, place = rows["model"].iloc[0], Place(*rows[NUMBER].iloc[0])
    sign = 1 if entry(place.metric).more_is_better else -1
    by_lead = rows.assign(lead=sign * rows["difference"]).sort_values(["lead", "baseline"])
    of = {says: by_lead[by_lead["verdict"] == says] for says in VERDICTS}
    aside = f"; not compared with {_names(of['unknown'])}" if len(of["unknown"]) else ""
    if len(of["behind"]):
        first, others = of["behind"].iloc[0], of["behind"].iloc[1:]
        also = f"; also behind {_names(others)}" if len(others) else ""
        return Verdict(model, place, "behind", f"behind {label(first['baseline'])} by {_size(first)}{also}{aside}")
    if len(of["level"]):
        first = of["level"].iloc[0]
        return Verdict(model, place, "level", f"level with {label(first['baseline'])}: {_difference(first)}{aside}")
    if len(of["ahead"]):
        closest, count = of["ahead"].iloc[0], len(of["ahead"])
        name = label(closest["baseline"])
        whom = name if count == 1 else f"{count} baselines, of the closest, {name},"
        return Verdict(model, place, "ahead", f"ahead of {whom} by {_size(closest)}{aside}")
    return Verdict(model, place, "unknown", f"not compared with {_names(rows)}: no interval")


def _names(rows: pd.DataFrame) -> str:
    return ", ".join(map(label, sorted(rows["baseline"])))


def _size(row: pd.Series) -> str:
    """The size of a difference whose interval does not hold 0, with the interval: no end is rounded to 0."""
    size, *ends = (abs(row[name]) for name in ("difference", "ci_low", "ci_high"))
    digits = max(3, ceil(-log10(min(ends))))
    return _together(*(f"{value:.{digits}f}" for value in (size, min(ends), max(ends))))


def digits_of(value: float) -> int:
    """How many digits after the point tell numbers of this size apart: three, of small ones more."""
    return min(6, max(3, 1 + ceil(-log10(abs(value))))) if abs(value) > 0 else 3


def _difference(row: pd.Series) -> str:
    return _together(*(f"{value:+z.3f}" for value in row[["difference", "ci_low", "ci_high"]]))


def _together(value: str, low: str, high: str) -> str:
    """A value and its interval in one line: the spaces are such as do not break."""
    return f"{value} [{low}, {high}]".replace(" ", "\u00a0")


def best_baselines(comparisons: pd.DataFrame) -> pd.DataFrame:
    """Of Comparisons those with the best baseline on each number of each model, the first by name of equals."""
    known = with_baselines(comparisons).dropna(subset=["difference"])
    more = known["metric"].map(lambda metric: entry(metric).more_is_better)
    ordered = known.assign(loss=known["baseline_value"].where(~more, -known["baseline_value"]))
    ordered = ordered.sort_values(["loss", "baseline"]).drop_duplicates(["model", *NUMBER])
    return ordered[comparisons.columns]


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


def dataset_label(dataset: str, task: str = "") -> str:
    """How a dataset of the Metrics table is printed, with what is asked of it where the stage `circuit` made it."""
    if task in SUBJECTS:
        return SUBJECTS[task].format(dataset)
    share = re.fullmatch(r"mask_(\d*\.?\d+(?:e-?\d+)?)", dataset)
    return f"{100 * float(share[1]):g} % of genes hidden" if share else DATASETS.get(dataset, dataset)


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
