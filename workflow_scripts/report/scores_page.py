"""The page of all scores: in words first, then one table a task, dataset and split."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from workflow_scripts.contracts.metrics import LEVELS
from workflow_scripts.evaluation.intervals import LEVEL
from workflow_scripts.evaluation.metrics import METRICS, label
from workflow_scripts.report.pages import Markup, breakable, bullets, paragraph, styled, table, write_page
from workflow_scripts.report.scores import SPLITS, Verdict, judge, number

STYLES = {"ahead": "good", "behind": "bad", "level": "", "unknown": ""}


def write_scores(
    path: Path, run: str, metrics: pd.DataFrame, comparisons: pd.DataFrame, ours: Collection[str], honest: str
) -> None:
    """Write the page of one run; the tables as in their contracts, `ours`: the models that are no baselines."""
    verdicts = judge(comparisons)
    parts = _summary(run, [verdict for verdict in verdicts if verdict.place[1] == "test"])
    places = metrics[["task", "dataset", "split"]].drop_duplicates()
    order = sorted(places.itertuples(index=False), key=lambda place: (place.task, SPLITS.index(place.split)))
    for place in order:
        rows = metrics[(metrics[["task", "dataset", "split"]] == list(place)).all(axis=1)]
        parts.append(_table(f"{place.task}, {place.dataset}, {place.split} split", rows, ours, verdicts))
    write_page(path, f"Scores of {run}", honest, parts)


def _summary(run: str, verdicts: list[Verdict]) -> list[Markup]:
    """How often the run is ahead, level and behind on the test split; where it is behind but for single classes."""
    lead = paragraph(
        "Each number is held against every baseline, scored on the same samples, by the "
        f"{100 * LEVEL:g} % interval of their difference over the same resamples of groups. A run is ahead where that "
        "interval is above 0 for every baseline, behind where it is below 0 for one, and level otherwise. Brackets behind "
        "a number hold its own interval, those behind a difference the interval of the difference."
    )
    if not verdicts:
        return [lead, paragraph(f"No number of {run} on the test split has a baseline beside it.", "bad")]
    parts = [lead]
    for single, of in ((False, "numbers on the test split"), (True, "classes, by their F1")):
        held = [verdict for verdict in verdicts if (verdict.place[3] == "per_class") == single]
        count = {says: sum(verdict.says == says for verdict in held) for says in STYLES}
        if held:
            said = f"{run} is ahead of every baseline in {count['ahead']}, level in {count['level']} and behind in "
            said += f"{count['behind']} of {len(held)} {of}."
            said += f" {count['unknown']} could not be compared." if count["unknown"] else ""
            parts.append(paragraph(said, "bad" if count["behind"] else ""))
        behind = [verdict for verdict in held if verdict.says == "behind"]
        if behind and not single:
            parts.append(bullets(f"{one.model} is {one.words}: {_place(one.place)}" for one in behind))
    return parts


def _place(place: tuple[str, ...]) -> str:
    dataset, _, task, level, metric = place
    return f"{label(metric)} ({LEVELS[level]}), {task}, {dataset}"


def _table(title: str, rows: pd.DataFrame, ours: Collection[str], verdicts: list[Verdict]) -> Markup:
    """Metrics down, models across, those of the run first; one column says in words who is ahead."""
    models = sorted(rows["model"].unique(), key=lambda name: (name not in ours, name))
    said = {(verdict.model, verdict.place): verdict for verdict in verdicts}
    lines = []
    for place, of_metric in rows.groupby(["dataset", "split", "task", "level", "metric"], sort=False):
        cells = {row.model: number(row.value, row.ci_low, row.ci_high) for row in of_metric.itertuples()}
        judged = [said[model, place] for model in models if (model, place) in said]
        words = Markup("; ".join(styled(breakable(f"{one.model} is {one.words}"), STYLES[one.says]) for one in judged))
        values = (cells.get(model, "") for model in models)
        metric, unit = place[4], METRICS[place[4].partition(":")[0]].unit
        name = f"{label(metric)} ({unit})" if unit else label(metric)
        lines.append((name, LEVELS[place[3]], f"{of_metric['n'].max():,}", words, *values))
    headers = [breakable(model if model in ours else f"{model} (baseline)") for model in models]
    kinds = dict.fromkeys(["n", *headers], "number") | {"In words": "long"}
    return table(title, ["Metric", "Level", "n", "In words", *headers], lines, kinds)
