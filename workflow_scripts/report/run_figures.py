"""Panels that hold runs side by side, each in its own colour; what coincides is set apart by a little."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from workflow_scripts.report import style
from workflow_scripts.report.looks import look

SPREAD = 0.03  # of the range of mask ratios, over which the markers of one ratio are set apart


def draw_points(axis: Axes, rows: pd.DataFrame, places: dict[str, int]) -> Axes:
    """One point a run with its interval, one row each; rows: run, value, ci_low, ci_high; places: of the runs."""
    for height, row in enumerate(rows.itertuples()):
        _point(axis, row, (row.value, height), "xerr", places)
        axis.annotate(
            f"{row.value:.3f}", (row.value, height), (0, 7), textcoords="offset points", ha="center", fontsize=8
        )
    axis.set_yticks(range(len(rows)), [style.wrapped(name) for name in rows["run"]])
    axis.set_ylim(len(rows) - 0.5, -0.6)
    axis.grid(axis="x")
    return axis


def draw_over_ratios(axis: Axes, rows: pd.DataFrame, places: dict[str, int]) -> Axes:
    """One line a run over mask ratios; rows: run, ratio, value, ci_low, ci_high."""
    ratios = np.unique(rows["ratio"])
    reach = SPREAD * (np.ptp(ratios) or 1.0)
    shifts = dict(zip(places, np.linspace(-reach, reach, len(places)), strict=True))
    for name, of_run in rows.groupby("run"):
        ordered = of_run.sort_values("ratio")
        axis.plot(ordered["ratio"] + shifts[name], ordered["value"], color=look(name, places[name]).colour, lw=1.2)
        for row in ordered.itertuples():
            _point(axis, row, (row.ratio + shifts[name], row.value), "yerr", places)
    axis.set_xticks(ratios)
    axis.set_xlabel("Masked share of genes (markers are set apart)")
    axis.grid(axis="y")
    return axis


def _point(axis: Axes, row: tuple, at: tuple[float, float], side: str, places: dict[str, int]) -> None:
    drawn = look(row.run, places[row.run])
    reach = [[max(0.0, row.value - row.ci_low)], [max(0.0, row.ci_high - row.value)]]
    known = row.ci_low == row.ci_low and row.ci_high == row.ci_high
    axis.errorbar(
        *at, **{side: reach if known else None}, color=drawn.colour, marker=drawn.marker, ms=7, capsize=3, lw=1.6
    )
