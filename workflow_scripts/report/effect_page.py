"""The page of perturbed cells: every model and rule down, every score and what the rule says to it across."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.evaluation.cell_models import (
    CEILING,
    DOUBLES,
    OWN,
    RULES,
    UNSEEN,
    WITHOUT,
    is_own,
    label,
    vectors,
)
from workflow_scripts.evaluation.intervals import LEVEL
from workflow_scripts.evaluation.metrics import entry
from workflow_scripts.evaluation.metrics import label as metric_label
from workflow_scripts.report.effect_figures import rows_of
from workflow_scripts.report.pages import Markup, heading, paragraph, styled, table, write_page
from workflow_scripts.report.scores import digits_of
from workflow_scripts.report.summary_page import STYLES, interval_words

SAID = {
    DOUBLES: "Two genes perturbed at once, predicted from what each does alone and from other pairs",
    UNSEEN: "Genes that were never perturbed, predicted from what other genes do",
}
# Two scores a table, `effect_` as they are and `calibrated_` between the mean and the ceiling.
TABLES = {
    "distances": ("l2", "mse"),
    "correlations": ("delta_pearson", "pearson_beyond_mean"),
    "ranks": ("rank", "centroid_accuracy"),
}
UNKNOWN = "unknown_genes"


def write_effects(
    path: Path, dataset: str, about: str, scores: pd.DataFrame, against: pd.DataFrame, unit: str, honest: str
) -> None:
    """Write the page; scores, against: Metrics and Comparisons of all tasks, of all contexts together and each."""
    parts = [paragraph(f"{about}; expression in {unit}."), paragraph(_lead())]
    for task, said in SAID.items():
        of_task, compared = scores[scores["task"] == task], against[against["task"] == task]
        if of_task.empty:
            continue
        parts += [heading(said), _unknown(of_task[of_task["metric"] == UNKNOWN])]
        for name in sorted(of_task["dataset"].unique(), key=lambda name: (name != dataset, name)):
            one = of_task[of_task["dataset"] == name], compared[compared["dataset"] == name]
            parts += [_table(*one, task, name, title) for title in TABLES]
    write_page(path, f"Perturbed cells: {dataset}", honest, parts)


def _lead() -> str:
    return (
        f"Brackets hold {100 * LEVEL:g} % bootstrap intervals over perturbations, ± is the standard deviation over the "
        "seeds of an ensemble. Beside a score stands by how much it differs from that of the rule that networks stand "
        "upon, with the interval from the same resamples for both: a model is ahead of the rule where that interval "
        "lies on its better side of 0, behind where it lies on the other, and level otherwise. Calibrated scores lie "
        "between those of the mean of the single perturbations that were known (0) and of the ceiling, one half of the "
        "cells held against the other (1); they are not defined where the ceiling is no better than that mean."
    )


def _unknown(rows: pd.DataFrame) -> Markup:
    """Of how many perturbed genes there is no vector of each kind; rows of Metrics."""
    number = rows.set_index("model")["value"]
    own = [model for model in number.index if is_own(model) and model != f"{OWN}:{WITHOUT}"]
    said = ", ".join(f"{vectors(model)} {number[model]:.0f}" for model in own)
    return paragraph(f"{metric_label(UNKNOWN).capitalize()}, counted in each perturbation: {said or 'none'}.")


def _table(scores: pd.DataFrame, against: pd.DataFrame, task: str, name: str, title: str) -> Markup:
    """Two scores of every model on one data set, their differences from the rule, and the same calibrated."""
    columns, shown = ["Model or rule"], []
    for metric in TABLES[title]:
        plain, calibrated = (rows_of(scores, against, f"{kind}_{metric}", task) for kind in ("effect", "calibrated"))
        said = metric_label(f"effect_{metric}")
        better = "more" if entry(f"effect_{metric}").more_is_better else "less"
        columns += [f"{said} ({better} is better)", f"{said}, less that of the {label(RULES[task])}"]
        columns += [metric_label(f"calibrated_{metric}")]
        digits = digits_of(plain.loc[RULES[task], "value"])
        shown += [(plain, _score, digits), (plain, _difference, digits), (calibrated, _score, 3)]
    models = shown[0][0].index
    lines = [(label(model), *(cell(rows.loc[model], digits) for rows, cell, digits in shown)) for model in models]
    number = scores.loc[scores["metric"] == f"effect_{metric}", "n"].iloc[0]
    return table(f"{name}, {task}: {title} (n = {number:,})", columns, lines, dict.fromkeys(columns[1:], "number"))


def _score(row: pd.Series, digits: int) -> Markup:
    said = interval_words(*row[["value", "ci_low", "ci_high"]].astype(float), digits=digits)
    return _broken(said, f"±\u00a0{row['seed_sd']:.{digits}f}" if np.isfinite(row["seed_sd"]) else "")


def _difference(row: pd.Series, digits: int) -> Markup:
    if row["says"] == "rule" or row.name == CEILING:
        return Markup()
    said = interval_words(*row[["difference", "low", "high"]].astype(float), signed=True, digits=digits)
    return styled(_broken(said, row["says"]), STYLES[row["says"]])


def _broken(said: str, below: str) -> Markup:
    """A number with its interval, which may be broken between them, and a line below."""
    number = Markup('<span class="interval">{}</span>').format(said.replace("\u00a0[", " ["))
    return number + (Markup(" <br>{}").format(below) if below else Markup())
