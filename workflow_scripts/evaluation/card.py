"""What the cards of all models have in common: their head, scores beside baselines, and sources, in Markdown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from workflow_scripts.evaluation.comparisons import with_baselines
from workflow_scripts.evaluation.metrics import entry
from workflow_scripts.evaluation.metrics import label as metric_label
from workflow_scripts.evaluation.models import label as model_label

SCORES = ("number", "data", "run", "best baseline", "baseline's", "the run is")  # columns of `scores`
SOURCES = ("file", "release", "licence", "sha256")  # columns of `of_sources`


def head(tags: list[str], simulated: bool) -> str:
    """What model hubs read."""
    every = [*tags, *(["simulated"] if simulated else [])]
    return "---\nlibrary_name: genelm\ntags:\n" + "\n".join(f"- {tag}" for tag in every) + "\n---"


def table(columns: Iterable[str], rows: Iterable[tuple[Any, ...]]) -> str:
    """A table of Markdown."""
    names = list(columns)
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join("| " + " | ".join(str(field).replace("|", "\\|") for field in line) + " |" for line in lines)


def scores(metrics: pd.DataFrame, comparisons: pd.DataFrame, shown: dict[str, str]) -> Iterable[tuple[Any, ...]]:
    """One row for each shown number of the test split: the run's, and that of the baseline that is best at it.

    shown: {metric: its level}; the tables as in their contracts.
    """
    tested = with_baselines(comparisons)
    tested = tested[(tested["split"] == "test") & tested["metric"].isin(shown)]
    tested = tested[tested["level"] == tested["metric"].map(shown)]
    intervals = metrics.set_index(["model", "dataset", "split", "task", "level", "metric"])
    for place, rows in tested.groupby(["task", "dataset", "metric", "model"], sort=False):
        _, dataset, metric, model = place
        value = rows["baseline_value"] if entry(metric).more_is_better else -rows["baseline_value"]
        best = rows.loc[value.idxmax()] if value.notna().any() else rows.iloc[0]
        key = (dataset, "test", best["task"], best["level"], metric)
        own, other = (intervals.loc[(name, *key)] for name in (model, best["baseline"]))
        yield (
            metric_label(metric),
            dataset,
            _number(own),
            model_label(best["baseline"]),
            _number(other),
            best["verdict"],
        )


def of_sources(sources: list[dict[str, Any]]) -> Iterable[tuple[Any, ...]]:
    """One row for each Provenance."""
    for source in sources:
        yield source["dataset"], source["release"], source["licence"], f"`{source['sha256'][:12]}`"


def _number(row: pd.Series) -> str:
    return f"{row['value']:.3f} [{row['ci_low']:.3f}, {row['ci_high']:.3f}]"
