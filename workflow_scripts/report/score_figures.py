"""Panels of scores: bars of models and baselines, imputation over mask ratios, confusion of classes."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from workflow_scripts.evaluation.models import label
from workflow_scripts.report import style
from workflow_scripts.report.looks import line, look

MOST_CLASSES = 40  # in a confusion table; the rarer ones are put together
OTHER = "rarer classes"


def draw_bars(
    axis: Axes, rows: pd.DataFrame, models: Sequence[str], ours: Collection[str], title: str, place: int = 0
) -> Axes:
    """One bar a model with its 95 % interval; `rows`: model, value, ci_low, ci_high, one row a model.

    The best baseline is marked by a line across all bars; place: of the run, which its look follows.
    """
    table = rows.set_index("model").reindex(models)
    places = np.arange(len(models))
    own = np.array([model in ours for model in models])
    colours = [look(model, place).colour for model in models]
    values = table["value"].to_numpy()
    axis.barh(places, values, color=colours, height=0.68, alpha=0.75)
    reach = np.vstack([values - table["ci_low"], table["ci_high"] - values])
    with_interval = np.isfinite(reach).all(axis=0)
    axis.errorbar(
        values[with_interval],
        places[with_interval],
        xerr=np.clip(reach[:, with_interval], 0, None),
        fmt="none",
        ecolor=style.INK,
        elinewidth=1,
        capsize=2.5,
    )
    ends = np.where(np.isfinite(table["ci_high"]), np.fmax(table["ci_high"], values), values)
    for row, value, end in zip(places, values, ends, strict=True):
        known = np.isfinite(value)
        text = axis.text((end if known else 0) + 0.012, row, f"{value:.3f}" if known else "not defined", va="center")
        text.set(fontsize=8, zorder=5, bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 0.8})
    if len(values[~own]) and np.isfinite(values[~own]).any():
        best = np.nanmax(values[~own])
        axis.axvline(best, color=style.INK, lw=1.1, ls=":", label=f"best baseline {best:.3f}")
        axis.legend(loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0)  # beside the title: no bar is hidden
    axis.set_yticks(places, [style.wrapped(label(model)) for model in models])
    for tick, bold in zip(axis.get_yticklabels(), own, strict=True):
        tick.set_fontweight("bold" if bold else "normal")
    axis.set(xlim=(min(0.0, np.nanmin(np.append(values, 0))), 1.12), xlabel=title)
    axis.set_xticks([0, 0.25, 0.5, 0.75, 1])
    axis.set_ylim(len(models) - 0.5, -0.5)  # of what is not defined too: rows stand level in all panels
    axis.grid(axis="x")
    axis.tick_params(axis="y", length=0)
    return axis


def draw_imputation(axis: Axes, rows: pd.DataFrame, models: Sequence[str], place: int = 0) -> Axes:
    """One line a model over mask ratios; `rows`: ratio, model, value, ci_low, ci_high; place: of the run.

    Those of `models` that this number is not defined for are named below the axis.
    """
    drawn = set(rows["model"])
    for model in models:
        if model in drawn:
            of_model = rows[rows["model"] == model].sort_values("ratio")
            axis.plot(of_model["ratio"], of_model["value"], **line(model, place))
            colour = look(model, place).colour
            axis.fill_between(
                of_model["ratio"], of_model["ci_low"], of_model["ci_high"], color=colour, alpha=0.13, lw=0
            )
    missing = [label(model) for model in models if model not in drawn]
    axis.set_xlabel("\n".join(["Masked share of genes", *([f"not defined: {', '.join(missing)}"] if missing else [])]))
    axis.set_xticks(sorted(rows["ratio"].unique()))
    axis.margins(x=0.04)
    axis.grid(axis="y")
    return axis


def confusion_classes(predictions: pd.DataFrame) -> list[str]:
    """The classes of a confusion table by name; of more than `MOST_CLASSES` the rarer true ones are one."""
    known = sorted(set(predictions["label"]) | set(predictions["predicted"]))
    if len(known) <= MOST_CLASSES:
        return known
    counts = predictions["label"].value_counts()
    return [*sorted(sorted(counts.index, key=lambda name: (-counts[name], name))[:MOST_CLASSES]), OTHER]


def confusion_table(predictions: pd.DataFrame, classes: Sequence[str]) -> np.ndarray:
    """Counts of true by predicted class (int64, classes x classes); what is none of `classes` is the last."""
    place = {name: index for index, name in enumerate(classes)}
    last = len(classes) - 1
    true, predicted = ([place.get(name, last) for name in predictions[column]] for column in ("label", "predicted"))
    table = np.zeros((len(classes), len(classes)), np.int64)
    np.add.at(table, (true, predicted), 1)
    return table


def draw_confusion(axis: Axes, table: np.ndarray, classes: Sequence[str]) -> Axes:
    """Draw counts (true down, predicted across) coloured by the share of the true class."""
    totals = table.sum(axis=1, keepdims=True)
    shares = table / np.maximum(totals, 1)
    axis.imshow(shares, cmap="Blues", vmin=0, vmax=1, interpolation="nearest")
    if len(classes) <= 15:
        for (true, predicted), count in np.ndenumerate(table):
            if count:
                colour = "white" if shares[true, predicted] > 0.55 else style.INK
                axis.text(predicted, true, f"{count:,}", ha="center", va="center", fontsize=7.5, color=colour)
    names = [style.wrapped(name, 22) for name in classes]
    size = 8 if len(classes) <= 20 else 6
    axis.set_xticks(range(len(classes)), names, rotation=90, fontsize=size)
    axis.set_yticks(range(len(classes)), names, fontsize=size)
    axis.tick_params(length=0)
    axis.set(xlabel="Predicted", ylabel="True")
    axis.spines[["bottom", "left"]].set_visible(False)
    return axis
