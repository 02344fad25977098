"""Show every score of one run beside its baselines: F1, imputation, confusion, and a table in words."""

from workflow_scripts.rule import run

from math import ceil
from pathlib import Path
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from workflow_scripts.contracts.comparisons import read as read_comparisons
from workflow_scripts.contracts.metrics import LEVELS
from workflow_scripts.contracts.metrics import read as read_metrics
from workflow_scripts.contracts.predictions import read as read_predictions
from workflow_scripts.evaluation import models
from workflow_scripts.evaluation.metrics import METRICS, label, label_with_unit
from workflow_scripts.report.looks import line, look
from workflow_scripts.report.score_figures import (
    confusion_classes,
    confusion_table,
    draw_bars,
    draw_confusion,
    draw_imputation,
)
from workflow_scripts.report.scores import Place, best_model, dataset_label, judge, mask_ratio
from workflow_scripts.report.scores_page import write_scores
from workflow_scripts.report.sources import honest_line
from workflow_scripts.report.style import new_figure, save, say


def plot_scores(
    *,
    metrics: Path,
    comparisons: Path,
    predictions: Path,
    baselines: Path,
    gene_embedding: Path,
    provenance: list[Path],
    scores: Path,
    imputation: Path,
    confusion: Path,
    table: Path,
    run: str,
    place: int,
) -> None:
    """Metrics, comparisons and class predictions of one run and of the baselines to three PNGs and one page.

    Models of the run are the run itself and those in its predictions; all others are baselines. place: of the run
    among the runs of the configuration, which its colour follows. `gene_embedding` of the run and `provenance` of its
    data say what is simulated.
    """
    numbers = read_metrics(metrics)
    own, others = read_predictions(predictions), read_predictions(baselines)
    ours = {run, *own["model"]}
    honest = honest_line(provenance, [gene_embedding])
    compared = read_comparisons(comparisons)
    save(f1_figure(numbers, compared, ours, place), scores, honest)
    save(imputation_figure(numbers, ours, metrics, place), imputation, honest)
    save(confusion_figure(numbers, own, others, place), confusion, honest)
    write_scores(table, run, numbers, compared, ours, honest, place)


def f1_figure(metrics: pd.DataFrame, comparisons: pd.DataFrame, ours: set[str], place: int = 0) -> Figure:
    """Macro and weighted F1 on the test split: one row of panels a dataset; in words who is ahead."""
    wanted = ["macro_f1", "weighted_f1"]
    rows = metrics[(metrics["split"] == "test") & (metrics["level"] == "pooled") & metrics["metric"].isin(wanted)]
    datasets = list(dict.fromkeys(rows["dataset"]))
    if not datasets:
        figure = new_figure(10, 3)
        say(figure.subplots(), "no F1 was computed on the test split")
        return figure
    ordered = _order(rows, ours)
    verdicts = judge(comparisons)
    figure = new_figure(11.5, (1.6 + 0.42 * len(ordered)) * len(datasets) + 0.5)
    axes = figure.subplots(len(datasets), len(wanted), squeeze=False)
    for dataset, row in zip(datasets, axes, strict=True):
        for metric, axis in zip(wanted, row, strict=True):
            shown = rows[(rows["dataset"] == dataset) & (rows["metric"] == metric)]
            count = shown["n"].max() if len(shown) else 0
            draw_bars(axis, shown, ordered, ours, label_with_unit(metric), place).tick_params(labelleft=axis is row[0])
            of = Place(dataset, "test", "classification", "pooled", metric)
            said = [f"{models.label(one.model)} is {one.words}" for one in verdicts if one.place == of]
            axis.set_xlabel("\n".join([axis.get_xlabel(), *(fill(words, 72) for words in said)]))
            axis.set_title(f"{_capital(label(metric))}, {count:,} test samples")
    return figure


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _order(rows: pd.DataFrame, ours: set[str]) -> list[str]:
    """Models of the run first, then baselines, the best first."""
    means = rows.groupby("model")["value"].mean().fillna(float("-inf"))
    return sorted(means.index, key=lambda name: (name not in ours, -means[name], name))


def imputation_figure(metrics: pd.DataFrame, ours: set[str], where: Path, place: int = 0) -> Figure:
    """Every imputation metric on the test split over mask ratios: one panel a metric and level, three a row at most."""
    rows = metrics[(metrics["split"] == "test") & (metrics["task"] == "imputation")]
    ratios = [mask_ratio(name, where) for name in rows["dataset"]]
    rows = rows.assign(ratio=ratios).dropna(subset=["value"])
    if rows.empty:
        figure = new_figure(10, 3)
        say(figure.subplots(), "no imputation was scored on the test split")
        return figure
    panels = [
        (metric, level, rows[(rows["metric"] == metric) & (rows["level"] == level)])
        for metric in METRICS
        for level in LEVELS
    ]
    panels = [panel for panel in panels if len(panel[2])]
    parts = np.array_split(np.arange(len(panels)), ceil(len(panels) / 3))
    lines = [[panels[at] for at in part] for part in parts]
    ordered = sorted(set(rows["model"]), key=lambda name: (name not in ours, name))
    figure = new_figure(12.6, 3.2 * len(lines) + 0.6)
    for cell, row in zip(figure.add_gridspec(len(lines), 1), lines, strict=True):
        for spot, (metric, level, shown) in zip(cell.subgridspec(1, len(row)), row, strict=True):
            axis = draw_imputation(figure.add_subplot(spot), shown, ordered, place)
            axis.set(ylabel=label_with_unit(metric), title=f"{_capital(label(metric))}, {LEVELS[level]}")
    handles = [Line2D([], [], **line(model, place)) for model in ordered]
    figure.legend(handles=handles, loc="outside upper left", ncols=min(4, len(handles)), handlelength=4)
    return figure


def confusion_figure(metrics: pd.DataFrame, own: pd.DataFrame, others: pd.DataFrame, place: int = 0) -> Figure:
    """Confusion on the test split of the run's probe and of the best baseline, one row a dataset."""
    chosen = {}  # model: its title, and its test predictions
    for frame, title in ((own, "{model}"), (others, "{model} (best baseline on {split})")):
        test = frame[frame["split"] == "test"]
        if len(test):
            model, split = best_model(metrics, set(test["model"]))
            said = title.format(model=models.label(model), split=split)
            chosen[model] = (said, test[test["model"] == model])
    if not chosen:
        figure = new_figure(10, 3)
        say(figure.subplots(), "no class was predicted on the test split")
        return figure
    together = pd.concat([rows for _, rows in chosen.values()])
    datasets = list(dict.fromkeys(together["dataset"]))
    figure = new_figure(13.5, 6.8 * len(datasets))
    axes = figure.subplots(len(datasets), len(chosen), squeeze=False)
    for dataset, row in zip(datasets, axes, strict=True):
        classes = confusion_classes(together[together["dataset"] == dataset])
        for (model, (title, rows)), axis in zip(chosen.items(), row, strict=True):
            shown = rows[rows["dataset"] == dataset]
            draw_confusion(axis, confusion_table(shown, classes), classes)
            said = f"{fill(title, 60)}\n{dataset_label(dataset)}, {len(shown):,} of the test split"
            axis.set_title(said, color=look(model, place).colour)
    return figure


if "snakemake" in globals():
    run(plot_scores, snakemake)  # noqa: F821
