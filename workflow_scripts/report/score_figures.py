"""Panels of scores: bars of models and baselines, imputation over mask ratios, confusion of classes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import cycle

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from workflow_scripts.report import style

MOST_CLASSES = 40  # in a confusion table; the rarer ones are put together
OTHER = "rarer classes"
DASHES = ((7, 1.5), (4, 2), (4, 4), (2, 3), (1, 3), (1, 6))  # widths of a line drawn and left out, the least gaps first
LINES = tuple(zip(style.PALETTE[1:], style.MARKERS[1:], DASHES, strict=True))  # of baselines


def draw_bars(axis: Axes, rows: pd.DataFrame, models: Sequence[str], ours: Collection[str], label: str) -> Axes:
    """One bar a model with its 95 % interval; `rows`: model, value, ci_low, ci_high, one row a model.

    Models of the run are blue, baselines grey; the best baseline is marked by a line across all bars.
    """
    table = rows.set_index("model").reindex(models)
    places = np.arange(len(models))
    own = np.array([model in ours for model in models])
    colours = np.where(own, style.BLUE, style.GREY)
    values = table["value"].to_numpy()
    axis.barh(places, values, color=colours, height=0.68)
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
    for place, value, end in zip(places, values, ends, strict=True):
        known = np.isfinite(value)
        text = axis.text((end if known else 0) + 0.012, place, f"{value:.3f}" if known else "not defined", va="center")
        text.set(fontsize=8, zorder=5, bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 0.8})
    if len(values[~own]) and np.isfinite(values[~own]).any():
        best = np.nanmax(values[~own])
        axis.axvline(best, color=style.VERMILLION, lw=1.1, ls="--", label=f"best baseline {best:.3f}")
        axis.legend(loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0)  # beside the title: no bar is hidden
    axis.set_yticks(places, [style.short(model, 34) for model in models])
    for tick, bold in zip(axis.get_yticklabels(), own, strict=True):
        tick.set_fontweight("bold" if bold else "normal")
    axis.set(xlim=(min(0.0, np.nanmin(np.append(values, 0))), 1.12), xlabel=label)
    axis.set_xticks([0, 0.25, 0.5, 0.75, 1])
    axis.invert_yaxis()
    axis.grid(axis="x")
    axis.tick_params(axis="y", length=0)
    return axis


def line_styles(models: Collection[str], ours: Collection[str]) -> dict[str, dict[str, object]]:
    """How the line of each model is drawn, the same in every panel: properties of matplotlib's Line2D.

    Models of the run are blue, broad and solid. Each baseline has a colour, a hollow marker and dashes of its own;
    what lies above has longer gaps, so that lines that coincide can all be seen.
    """
    styles: dict[str, dict[str, object]] = {}
    for marker, model in zip(cycle(style.MARKERS), sorted(set(models) & set(ours)), strict=False):
        styles[model] = {"color": style.BLUE, "marker": marker, "ms": 6, "lw": 3.4, "zorder": 2}
    for (above, drawn), model in zip(cycle(enumerate(LINES, 3)), sorted(set(models) - set(ours)), strict=False):
        colour, marker, dashes = drawn
        hollow = {"marker": marker, "ms": 8, "mfc": "none"}
        styles[model] = {"color": colour, **hollow, "lw": 1.6, "ls": (0, dashes), "zorder": above}
    return styles


def draw_imputation(axis: Axes, rows: pd.DataFrame, styles: dict[str, dict[str, object]]) -> Axes:
    """One line a model over mask ratios; `rows`: ratio, model, value, ci_low, ci_high; `styles` as `line_styles` gives.

    Models of `styles` that this number is not defined for are named below the axis.
    """
    drawn = set(rows["model"])
    for model in styles:
        if model in drawn:
            line = rows[rows["model"] == model].sort_values("ratio")
            axis.plot(line["ratio"], line["value"], **styles[model], label=style.short(model, 34))
            colour = styles[model]["color"]
            axis.fill_between(line["ratio"], line["ci_low"], line["ci_high"], color=colour, alpha=0.13, lw=0)
    missing = [style.short(model, 20) for model in styles if model not in drawn]
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
    names = [style.short(name, 22) for name in classes]
    size = 8 if len(classes) <= 20 else 6
    axis.set_xticks(range(len(classes)), names, rotation=90, fontsize=size)
    axis.set_yticks(range(len(classes)), names, fontsize=size)
    axis.tick_params(length=0)
    axis.set(xlabel="Predicted", ylabel="True")
    axis.spines[["bottom", "left"]].set_visible(False)
    return axis
