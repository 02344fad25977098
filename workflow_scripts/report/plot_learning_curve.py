"""Draw what every model learns from more train samples, beside baselines fitted to the same; a figure and a table."""

from workflow_scripts.rule import run

from math import ceil
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from workflow_scripts.contracts.comparisons import read as read_comparisons
from workflow_scripts.contracts.metrics import read as read_metrics
from workflow_scripts.contracts.splits import read as read_splits
from workflow_scripts.evaluation.comparisons import NUMBER, with_base
from workflow_scripts.evaluation.metrics import label_with_unit
from workflow_scripts.evaluation.models import BASE, BASELINES, run_of
from workflow_scripts.report.looks import line
from workflow_scripts.report.scores import best_baselines, dataset_label
from workflow_scripts.report.sources import honest_line
from workflow_scripts.report.style import DARK_GREY, new_figure, save, say
from workflow_scripts.report.summary import HEADLINES, merge_scores, write_merged

INTERVAL = ("difference", "ci_low", "ci_high")
# Of Comparisons, as the table of the curve has it: beside the best baseline on the very number, and beside the run
# without its network.
DIFFERENCE = {
    "baseline": "best_baseline",
    "difference": "difference",
    "ci_low": "difference_ci_low",
    "ci_high": "difference_ci_high",
    "verdict": "verdict",
}
ADDED = {
    "difference": "network_adds",
    "ci_low": "network_adds_ci_low",
    "ci_high": "network_adds_ci_high",
    "verdict": "beside_its_base",
}
KIND = ["task", "level", "metric"]
BELOW = {
    tuple(DIFFERENCE[name] for name in INTERVAL): "less the\nbest baseline",
    tuple(ADDED[name] for name in INTERVAL): "less the run\nwithout network",
}
# They learn next to nothing, and would press the others together.
NOT_DRAWN = ("gene_mean", "majority_class", "permuted_labels")
MUTED = {"lw": 1.1, "ms": 5, "alpha": 0.65}


def plot_learning_curve(
    *,
    metrics: list[Path],
    comparisons: list[Path],
    splits: list[Path],
    embeddings: list[Path],
    provenance: list[Path],
    figure: Path,
    table: Path,
) -> None:
    """Metrics and Comparisons (in one order) of all runs at all sizes of train to one PNG and one TSV.

    They stand in a folder of the run's name and the size, `small.500`, and `small` for all train samples. How many a
    size has, its Splits tell, `splits.500.parquet` and `splits.parquet`. `embeddings` of genes and `provenance` of the
    data say what is simulated.
    """
    samples = {path.stem.removeprefix("splits"): int((read_splits(path)["split"] == "train").sum()) for path in splits}
    tables = []
    for path, compared in zip(metrics, comparisons, strict=True):
        _, dot, number = path.parent.name.partition(".")
        of_size = scores_beside_best(read_metrics(path), read_comparisons(compared))
        tables.append(of_size.assign(train_samples=samples[dot + number]))
    keys = ["task", "dataset", "level", "metric", "run", "model", "train_samples"]
    curve = pd.concat(tables).drop_duplicates(keys).sort_values(keys, kind="stable", ignore_index=True)
    write_merged(curve[[*keys, *curve.columns.difference(keys, sort=False)]], table)
    save(curve_figure(curve), figure, honest_line(provenance, embeddings))


def scores_beside_best(metrics: pd.DataFrame, comparisons: pd.DataFrame) -> pd.DataFrame:
    """Scores of the test split, see `SCORES`, with the differences of a run from the best baseline and its base."""
    columns, scores = ["model", *NUMBER], merge_scores([metrics])
    for found, names in ((best_baselines(comparisons), DIFFERENCE), (with_base(comparisons), ADDED)):
        scores = scores.merge(found.rename(columns=names)[[*columns, *names.values()]], "left", columns)
    return scores[scores["split"] == "test"].drop(columns="split")


def curve_figure(curve: pd.DataFrame) -> Figure:
    """One panel a headline score and dataset, and below it the differences of runs; four in a row at most.

    curve: as the table, one row a number and size.
    """
    shown = curve[~curve["model"].isin(NOT_DRAWN)].dropna(subset=["value"])
    columns = [
        (metric, dataset, rows)
        for task, level, metric in HEADLINES
        for dataset, rows in shown[(shown[KIND] == [task, level, metric]).all(axis=1)].groupby("dataset")
    ]
    if not columns:
        figure = new_figure(10, 3)
        say(figure.subplots(), "nothing was scored on the test split")
        return figure
    places = {name: place for place, name in enumerate(sorted(set(curve["run"]) - {""}))}
    parts = np.array_split(np.arange(len(columns)), ceil(len(columns) / 4))
    figure = new_figure(14, 6.8 * len(parts) + 0.8)
    for cell, part in zip(figure.add_gridspec(len(parts), 1), parts, strict=True):
        grid = cell.subgridspec(3, len(part), height_ratios=[2, 1, 1])
        for place, (metric, dataset, rows) in enumerate(columns[at] for at in part):
            title = dataset_label(dataset)
            above = draw_curves(figure.add_subplot(grid[0, place]), rows, places)
            above.set(ylabel=label_with_unit(metric), title=f"{title[:1].upper()}{title[1:]}")
            for below, (names, said) in enumerate(BELOW.items(), 1):
                found = differences(rows, names)
                if len(found):
                    axis = draw_curves(figure.add_subplot(grid[below, place]), found, places)
                    axis.axhline(0, color=DARK_GREY, lw=1, zorder=1)
                    axis.set(ylabel=said, xlabel="Train samples")
    models = dict.fromkeys(name for *_, rows in columns for name in rows["model"])
    kinds = [f"{name}{BASE}" for name in places], BASELINES
    handles = [*places, *(name for names in kinds for name in models if name in names)]
    handles = [Line2D([], [], **_line(name, places.get(run_of(name), 0))) for name in handles]
    figure.legend(handles=handles, loc="outside upper left", ncols=min(4, len(handles)), handlelength=4)
    return figure


def differences(rows: pd.DataFrame, names: tuple[str, str, str]) -> pd.DataFrame:
    """Of rows of the table those of runs that have a difference, which is the value; names: its columns."""
    own = rows.loc[rows["run"] != "", ["run", "model", "train_samples", *names]].dropna(subset=[names[0]])
    return own.rename(columns=dict(zip(names, ("value", "ci_low", "ci_high"), strict=True)))


def draw_curves(axis: Axes, rows: pd.DataFrame, places: dict[str, int]) -> Axes:
    """One line a model over train samples, with its 95 % interval; rows: run, model, train_samples, value and interval.

    places: of the runs, which their looks follow.
    """
    for (of_run, model), of_model in rows.groupby(["run", "model"]):
        ordered = of_model.sort_values("train_samples")
        drawn = _line(model, places.get(of_run, 0))
        axis.plot(ordered["train_samples"], ordered["value"], **drawn)
        band = {"color": drawn["color"], "alpha": 0.04 if model in BASELINES else 0.18, "lw": 0}
        axis.fill_between(ordered["train_samples"], ordered["ci_low"], ordered["ci_high"], **band)
    sizes = sorted(rows["train_samples"].unique())
    axis.set_xscale("log")
    axis.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axis.xaxis.set_minor_locator(NullLocator())
    axis.grid(axis="y")
    return axis


def _line(model: str, place: int) -> dict:
    """As in all figures, baselines muted."""
    return line(model, place) | (MUTED if model in BASELINES else {})


if "snakemake" in globals():
    run(plot_learning_curve, snakemake)  # noqa: F821
