"""Show every score of one run beside its baselines: F1, imputation, confusion, and a table in words."""

from workflow_scripts.rule import run

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from workflow_scripts.contracts.comparisons import read as read_comparisons
from workflow_scripts.contracts.metrics import LEVELS
from workflow_scripts.contracts.metrics import read as read_metrics
from workflow_scripts.contracts.predictions import read as read_predictions
from workflow_scripts.evaluation.metrics import label as metric_label
from workflow_scripts.report.score_figures import (
    confusion_classes,
    confusion_table,
    draw_bars,
    draw_confusion,
    draw_imputation,
)
from workflow_scripts.report.scores import best_model, mask_ratio
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
) -> None:
    """Metrics, comparisons and class predictions of one run and of the baselines to three PNGs and one page.

    Models of the run are the run itself and those in its predictions; all others are baselines. `gene_embedding`
    of the run and `provenance` of its data say what is simulated.
    """
    numbers = read_metrics(metrics)
    own, others = read_predictions(predictions), read_predictions(baselines)
    ours = {run, *own["model"]}
    honest = honest_line(provenance, [gene_embedding])
    save(_draw_scores(numbers, ours), scores, honest)
    save(_draw_imputation(numbers, ours, metrics), imputation, honest)
    save(_draw_confusion(numbers, own, others), confusion, honest)
    write_scores(table, run, numbers, read_comparisons(comparisons), ours, honest)


def _draw_scores(metrics: pd.DataFrame, ours: set[str]) -> Figure:
    """Macro and weighted F1 on the test split: one row of panels a dataset."""
    wanted = ["macro_f1", "weighted_f1"]
    rows = metrics[(metrics["split"] == "test") & (metrics["level"] == "pooled") & metrics["metric"].isin(wanted)]
    datasets = list(dict.fromkeys(rows["dataset"]))
    if not datasets:
        figure = new_figure(10, 3)
        say(figure.subplots(), "no F1 was computed on the test split")
        return figure
    models = _order(rows, ours)
    figure = new_figure(11.5, (1.3 + 0.34 * len(models)) * len(datasets) + 0.5)
    axes = figure.subplots(len(datasets), len(wanted), squeeze=False)
    for dataset, line in zip(datasets, axes, strict=True):
        for metric, axis in zip(wanted, line, strict=True):
            shown = rows[(rows["dataset"] == dataset) & (rows["metric"] == metric)]
            count = shown["n"].max() if len(shown) else 0
            label = metric_label(metric)
            draw_bars(axis, shown, models, ours, label).tick_params(labelleft=axis is line[0])
            axis.set_title(f"{label[:1].upper()}{label[1:]} ({dataset}), {count:,} test samples")
    return figure


def _order(rows: pd.DataFrame, ours: set[str]) -> list[str]:
    """Models of the run first, then baselines, the best first."""
    means = rows.groupby("model")["value"].mean().fillna(float("-inf"))
    return sorted(means.index, key=lambda name: (name not in ours, -means[name], name))


def _draw_imputation(metrics: pd.DataFrame, ours: set[str], where: Path) -> Figure:
    """Every imputation metric on the test split over mask ratios: one row a metric, one column a level."""
    rows = metrics[(metrics["split"] == "test") & (metrics["task"] == "imputation")]
    ratios = [mask_ratio(name, where) for name in rows["dataset"]]
    rows = rows.assign(ratio=ratios).dropna(subset=["value"])
    names, levels = list(dict.fromkeys(rows["metric"])), [name for name in LEVELS if (rows["level"] == name).any()]
    if rows.empty:
        figure = new_figure(10, 3)
        say(figure.subplots(), "no imputation was scored on the test split")
        return figure
    figure = new_figure(4.2 * max(2, len(levels)), 3.1 * len(names) + 0.9)
    axes = figure.subplots(len(names), len(levels), squeeze=False)
    for name, line in zip(names, axes, strict=True):
        for level, axis in zip(levels, line, strict=True):
            shown = rows[(rows["metric"] == name) & (rows["level"] == level)]
            if shown.empty:
                axis.set_axis_off()
                continue
            draw_imputation(axis, shown, ours, metric_label(name)).set_title(f"{metric_label(name)}, {LEVELS[level]}")
    handles = {label: line for axis in axes.flat for line, label in zip(*axis.get_legend_handles_labels(), strict=True)}
    figure.legend(handles.values(), handles.keys(), loc="outside upper left", ncols=min(4, len(handles)))
    return figure


def _draw_confusion(metrics: pd.DataFrame, own: pd.DataFrame, others: pd.DataFrame) -> Figure:
    """Confusion on the test split of the run's probe and of the best baseline, one row a dataset."""
    chosen = {}  # title: test predictions of one model
    for frame, title in ((own, "{model} (of the run)"), (others, "{model} (best baseline on {split})")):
        test = frame[frame["split"] == "test"]
        if len(test):
            model, split = best_model(metrics, set(test["model"]))
            chosen[title.format(model=model, split=split)] = test[test["model"] == model]
    if not chosen:
        figure = new_figure(10, 3)
        say(figure.subplots(), "no class was predicted on the test split")
        return figure
    together = pd.concat(chosen.values())
    datasets = list(dict.fromkeys(together["dataset"]))
    figure = new_figure(13.5, 6.8 * len(datasets))
    axes = figure.subplots(len(datasets), len(chosen), squeeze=False)
    for dataset, line in zip(datasets, axes, strict=True):
        classes = confusion_classes(together[together["dataset"] == dataset])
        for (title, rows), axis in zip(chosen.items(), line, strict=True):
            shown = rows[rows["dataset"] == dataset]
            draw_confusion(axis, confusion_table(shown, classes), classes)
            axis.set_title(f"{title}\n{dataset}, {len(shown):,} test samples")
    return figure


if "snakemake" in globals():
    run(plot_scores, snakemake)  # noqa: F821
