"""Drawings of how well elements are told that regulate a gene: curves, areas under them, and differences."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from workflow_scripts.evaluation.links import precision_recall
from workflow_scripts.evaluation.models import label
from workflow_scripts.report.looks import look
from workflow_scripts.report.style import DARK_GREY, GREEN, INK, VERMILLION, say, wrapped

COLOURS = {"ahead": GREEN, "behind": VERMILLION, "level": DARK_GREY, "unknown": DARK_GREY}
WIDTH = 34  # characters of a name in one line


def draw_curves(axis: Axes, scores: dict[str, np.ndarray], regulated: np.ndarray, model: str) -> Axes:
    """Precision over recall of each method; scores {its name: (N,)} of the tested pairs, regulated (N,) bool."""
    for name in sorted(scores, key=lambda name: (name == model, name)):
        recall, precision = precision_recall(scores[name], regulated)
        own = name == model
        drawn = {"lw": 2.6} if own else {"lw": 1.3, "ls": (0, look(name).dashes)}
        axis.plot(recall, precision, color=look(name).colour, drawstyle="steps-post", **drawn)
    share = regulated.mean()
    axis.axhline(share, color=INK, ls=":", lw=1)
    axis.annotate(f"random order: {share:.3f}", (0.55, share), (0, 4), textcoords="offset points", fontsize=8)
    axis.set(xlim=(0, 1), ylim=(0, 1.02), title="Chromosomes left out, colours as in the bars")
    axis.set(xlabel="Recall (share of the regulated pairs that are found)")
    axis.set(ylabel="Precision (share of the pairs found that are regulated)")
    axis.grid(color="#E4E6E9")
    return axis


def draw_areas(axis: Axes, areas: pd.DataFrame, share: float, model: str) -> Axes:
    """A bar a method, its AUPRC with the 95 % interval, the best above; areas: rows of Metrics, the worst first."""
    names = [wrapped(label(name), WIDTH) for name in areas["model"]]
    places = np.arange(len(names))
    axis.barh(places, areas["value"], color=[look(name).colour for name in areas["model"]], height=0.62, alpha=0.85)
    ends = areas[["ci_low", "ci_high"]].to_numpy().T
    axis.hlines(places, *ends, color=INK, lw=1.6)
    for at, value, high in zip(places, areas["value"], ends[1], strict=True):
        reach = value if np.isnan(high) else high
        axis.annotate(f"{value:.3f}", (reach, at), (5, 0), textcoords="offset points", va="center", fontsize=8)
    axis.axvline(share, color=INK, ls=":", lw=1)
    axis.set_yticks(places, names)
    for text, name in zip(axis.get_yticklabels(), areas["model"], strict=True):
        text.set_fontweight("bold" if name == model else "normal")
    axis.set(xlim=(0, min(1.12, np.nanmax(np.r_[ends[1], areas["value"]]) + 0.12)), ylim=(-0.6, len(names) - 0.4))
    axis.set(xlabel="AUPRC (95 % interval over genes)", title="Area under the curve")
    return axis


def draw_differences(axis: Axes, differences: pd.DataFrame, order: list[str], model: str) -> Axes:
    """What the model has more of AUPRC than each other method; differences: Comparisons; order: methods from below."""
    rows = differences.set_index("baseline")
    if rows.empty:
        return say(axis, "There is no other method.")
    for at, name in enumerate(order):
        if name in rows.index:
            row = rows.loc[name]
            axis.hlines(at, row["ci_low"], row["ci_high"], color=COLOURS[row["verdict"]], lw=4, alpha=0.4)
            axis.plot(row["difference"], at, "o", color=COLOURS[row["verdict"]], ms=6)
            words = f"{row['difference']:+.3f} [{row['ci_low']:+.3f}, {row['ci_high']:+.3f}]"
            axis.annotate(words, (1.02, at), xycoords=axis.get_yaxis_transform(), va="center", fontsize=8)
    axis.axvline(0, color=INK, lw=1)
    axis.set_yticks(range(len(order)), [""] * len(order))
    axis.set(ylim=(-0.6, len(order) - 0.4), title="Paired comparison with each other method")
    axis.set(xlabel=f"AUPRC of {label(model)} less that of the other")
    axis.grid(axis="x")
    return axis
