"""The page of all scores: in words first, then one table a task, dataset and split."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from workflow_scripts.contracts.metrics import LEVELS
from workflow_scripts.evaluation import models
from workflow_scripts.evaluation.comparisons import with_base
from workflow_scripts.evaluation.intervals import LEVEL
from workflow_scripts.evaluation.metrics import label, label_with_unit
from workflow_scripts.report.looks import swatch
from workflow_scripts.report.pages import Markup, breakable, bullets, paragraph, styled, table, write_page
from workflow_scripts.report.scores import SPLITS, Place, Verdict, dataset_label, judge
from workflow_scripts.report.summary_page import interval_words

STYLES = {"ahead": "good", "behind": "bad", "level": "", "unknown": ""}


def write_scores(
    path: Path,
    run: str,
    metrics: pd.DataFrame,
    comparisons: pd.DataFrame,
    ours: Collection[str],
    honest: str,
    number: int = 0,
) -> None:
    """Write the page of one run, the `number`-th of all; the tables as in their contracts, `ours`: no baselines."""
    verdicts = judge(comparisons)
    parts = _summary(run, [verdict for verdict in verdicts if verdict.place.split == "test"])
    parts += _of_network(comparisons)
    places = metrics[["task", "dataset", "split"]].drop_duplicates()
    order = sorted(places.itertuples(index=False), key=lambda place: (place.task, SPLITS.index(place.split)))
    for place in order:
        rows = metrics[(metrics[["task", "dataset", "split"]] == list(place)).all(axis=1)]
        title = f"{place.task.capitalize()}, {dataset_label(place.dataset)}, {place.split} split"
        parts.append(_table(title, rows, ours, verdicts, number))
    write_page(path, f"Scores of {run}", honest, parts)


def _summary(run: str, verdicts: list[Verdict]) -> list[Markup]:
    """How often the run is ahead, level and behind on the test split; where it is behind but for single classes."""
    lead = paragraph(
        f"Each number of the run is held against the same number of every baseline, by the {100 * LEVEL:g} % interval "
        "of their difference over resamples of whole groups of samples that both share. The run is ahead where that "
        "interval lies on its side of 0 for every baseline, behind where it lies on the other side for one, and level "
        "otherwise. Where two models are equally good, chance alone calls about one comparison in twenty ahead or "
        "behind. Brackets after a number hold its own interval, those after a difference that of the difference."
    )
    if not verdicts:
        return [lead, paragraph(f"No number of {run} on the test split has a baseline beside it.", "bad")]
    parts = [lead]
    for single, of in ((False, "numbers on the test split"), (True, "classes, by their F1")):
        held = [verdict for verdict in verdicts if (verdict.place.level == "per_class") == single]
        count = {says: sum(verdict.says == says for verdict in held) for says in STYLES}
        if held:
            said = f"{run} is ahead of every baseline in {count['ahead']}, level in {count['level']} and behind in "
            said += f"{count['behind']} of {len(held)} {of}."
            said += f" {count['unknown']} could not be compared." if count["unknown"] else ""
            parts.append(paragraph(said, "bad" if count["behind"] else ""))
        behind = [verdict for verdict in held if verdict.says == "behind"]
        if behind and not single:
            parts.append(bullets(f"{models.label(one.model)} is {one.words} ({_name(one.place)})" for one in behind))
    return parts


def _of_network(comparisons: pd.DataFrame) -> list[Markup]:
    """What the network of the run adds to its base, in skill of hidden values on the test split."""
    rows = with_base(comparisons)
    rows = rows[(rows["split"] == "test") & (rows["metric"] == "skill")]
    if rows.empty:
        return []
    lead = paragraph("Beside the same run without its network, in skill of hidden values on the test split:")
    return [lead, bullets(f"{dataset_label(row['dataset'])}: {_adds(row)}" for row in rows.to_dict("records"))]


def _adds(row: dict) -> str:
    if row["difference"] == 0:
        return "the same, as the network has no part in it"
    return f"{row['verdict']} by {interval_words(row['difference'], row['ci_low'], row['ci_high'], signed=True)}"


def _name(place: Place) -> str:
    return f"{label(place.metric)}, {LEVELS[place.level]}, {place.task}, {dataset_label(place.dataset)}"


def _table(title: str, rows: pd.DataFrame, ours: Collection[str], verdicts: list[Verdict], number: int) -> Markup:
    """Metrics down, models across, those of the run first; one column says in words who is ahead."""
    columns = sorted(rows["model"].unique(), key=lambda name: (name not in ours, name))
    said = {(verdict.model, verdict.place): verdict for verdict in verdicts}
    rows = rows.sort_values("level", key=lambda levels: levels.map(list(LEVELS).index), kind="stable")
    lines = []
    for of, numbers in rows.groupby([*Place._fields], sort=False):
        place = Place(*of)
        cells = {row.model: _cell(row.value, row.ci_low, row.ci_high) for row in numbers.itertuples()}
        judged = [said[model, place] for model in columns if (model, place) in said]
        words = Markup("<br>").join(_words(verdict, named=len(judged) > 1) for verdict in judged)
        about = (label_with_unit(place.metric), LEVELS[place.level], f"{numbers['n'].max():,}", words)
        lines.append((*about, *(cells.get(model, "") for model in columns)))
    headers = [
        swatch(model, number) + breakable(models.label(model)) + ("" if model in ours else " (baseline)")
        for model in columns
    ]
    kinds = dict.fromkeys(["n", *headers], "number") | {"In words": "long"}
    return table(title, ["Metric", "Level", "n", "In words", *headers], lines, kinds)


def _cell(value: float, low: float, high: float) -> Markup:
    """A value and its interval, which stands in a line of its own, or two, so that many models fit a window."""
    if value != value:
        return Markup("not defined")
    interval = f"[{low:.3f}, {high:.3f}]" if low == low and high == high else ""
    return Markup('{:.3f} <br><span class="interval">{}</span>').format(value, interval)


def _words(verdict: Verdict, named: bool) -> Markup:
    said = f"{models.label(verdict.model)} is {verdict.words}" if named else verdict.words
    return styled(breakable(said), STYLES[verdict.says])
