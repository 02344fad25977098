"""The page of all scores: in words first, then one table a task, dataset and split."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from workflow_scripts.report.intervals import LEVEL
from workflow_scripts.report.pages import Markup, breakable, bullets, paragraph, styled, table, write_page
from workflow_scripts.report.scores import LEVELS, NO_BASELINE, SPLITS, Verdict, judge, metric_label, number


def write_scores(path: Path, run: str, metrics: pd.DataFrame, ours: Collection[str], honest: str) -> None:
    """Write the page of one run; `metrics` as in the contract, `ours`: the models that are no baselines."""
    verdicts = judge(metrics, ours)
    parts = _summary(run, [verdict for verdict in verdicts if verdict.place[2] == "test"])
    places = metrics[["task", "dataset", "split"]].drop_duplicates()
    order = sorted(places.itertuples(index=False), key=lambda place: (place.task, SPLITS.index(place.split)))
    for place in order:
        rows = metrics[(metrics[["task", "dataset", "split"]] == list(place)).all(axis=1)]
        parts.append(_table(f"{place.task}, {place.dataset}, {place.split} split", rows, ours, verdicts))
    write_page(path, f"Scores of {run}", honest, parts)


def _summary(run: str, verdicts: list[Verdict]) -> list[Markup]:
    """How often the run loses to a baseline on the test split, and every such loss but those of single classes."""
    lead = paragraph(
        "Each number is held against the best baseline on that very number, scored on the same samples. Brackets hold "
        f"{100 * LEVEL:g} % bootstrap intervals. Each is of one model alone: two models that are scored on the same "
        "samples can differ reliably even where their intervals overlap."
    )
    compared = [verdict for verdict in verdicts if verdict.words != NO_BASELINE]
    if not compared:
        return [lead, paragraph(f"No number of {run} on the test split has a baseline beside it.", "bad")]
    parts = [lead]
    for single, of in ((False, "numbers on the test split"), (True, "classes, by their F1")):
        held = [verdict for verdict in compared if (verdict.place[3] == "per_class") == single]
        losses = [verdict for verdict in held if verdict.loses]
        if losses:
            parts.append(paragraph(f"{run} loses to a baseline in {len(losses)} of {len(held)} {of}.", "bad"))
        elif held:
            parts.append(paragraph(f"{run} loses to no baseline in any of {len(held)} {of}."))
        if losses and not single:
            parts.append(bullets(f"{loss.model} {loss.words}: {_place(loss.place)}" for loss in losses))
    return parts


def _place(place: tuple[str, ...]) -> str:
    task, dataset, _, level, metric = place
    return f"{metric_label(metric)} ({LEVELS[level]}), {task}, {dataset}"


def _table(title: str, rows: pd.DataFrame, ours: Collection[str], verdicts: list[Verdict]) -> Markup:
    """Metrics down, models across, those of the run first; one column says in words who is ahead."""
    models = sorted(rows["model"].unique(), key=lambda name: (name not in ours, name))
    said = {(verdict.model, verdict.place): verdict for verdict in verdicts}
    lines = []
    for place, of_metric in rows.groupby(["task", "dataset", "split", "level", "metric"], sort=False):
        cells = {row.model: number(row.value, row.ci_low, row.ci_high) for row in of_metric.itertuples()}
        judged = [said[model, place] for model in models if (model, place) in said]
        words = Markup(
            "; ".join(
                styled(breakable(f"{verdict.model} {verdict.words}"), "bad" if verdict.loses else "good")
                for verdict in judged
            )
        )
        values = (cells.get(model, "") for model in models)
        lines.append((metric_label(place[4]), LEVELS[place[3]], f"{of_metric['n'].max():,}", words, *values))
    headers = [breakable(model if model in ours else f"{model} (baseline)") for model in models]
    kinds = dict.fromkeys(["n", *headers], "number") | {"In words": "long"}
    return table(title, ["Metric", "Level", "n", "In words", *headers], lines, kinds)
