"""The page of enhancers and their genes: every method down, every score and its difference from the model across."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from workflow_scripts.evaluation.intervals import LEVEL
from workflow_scripts.evaluation.metrics import label as metric_label
from workflow_scripts.evaluation.models import label
from workflow_scripts.report.looks import swatch
from workflow_scripts.report.pages import Markup, paragraph, styled, table, write_page
from workflow_scripts.report.summary_page import STYLES, interval_words


def write_enhancers(
    path: Path, dataset: str, about: str, metrics: pd.DataFrame, comparisons: pd.DataFrame, model: str, honest: str
) -> None:
    """Write the page; tables as in their contracts, methods in the order of the first rows of `metrics`."""
    order = list(dict.fromkeys(metrics["metric"]))
    values = metrics.set_index(["model", "metric"])
    differences = comparisons.set_index(["baseline", "metric"])
    rows = []
    for name in dict.fromkeys(metrics["model"]):
        cells: list[object] = [swatch(name) + label(name)]
        for metric in order:
            cells.append(interval_words(*values.loc[(name, metric), ["value", "ci_low", "ci_high"]].astype(float)))
            cells.append(_difference(differences, (name, metric)))
        rows.append(cells)
    columns = ["Method"]
    for metric in order:
        columns += [metric_label(metric), f"{label(model)} less this, {metric_label(metric)}"]
    lead = paragraph(
        "Each chromosome is predicted by models that have seen no pair of it. Brackets hold "
        f"{100 * LEVEL:g} % bootstrap intervals over genes, those of a difference from the same resamples for both "
        f"methods. {label(model).capitalize()} is ahead of a method where that interval lies above 0, behind where it "
        "lies below, and level otherwise."
    )
    scores = table("Scores of every method", columns, rows, dict.fromkeys(columns[1:], "number"))
    write_page(path, f"Enhancers and their genes: {dataset}", honest, [paragraph(about), lead, scores])


def _difference(differences: pd.DataFrame, key: tuple[str, str]) -> Markup:
    if key not in differences.index:
        return Markup()
    row = differences.loc[key]
    said = interval_words(*row[["difference", "ci_low", "ci_high"]].astype(float), signed=True)
    return styled(Markup("{} <br>{}").format(said, row["verdict"]), STYLES[row["verdict"]])
