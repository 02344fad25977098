"""Drawings of what single bases add to what a model says: bars along a region, and letters as high as they add."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import TextPath

from workflow_scripts.contracts.attributions import Attributions
from workflow_scripts.report.style import BLUE, GREEN, GREY, INK, ORANGE, SKY, VERMILLION

LETTERS = {"A": GREEN, "C": BLUE, "G": ORANGE, "T": VERMILLION}
SHADES = {1: SKY, -1: ORANGE}  # of seqlets that add, and that take away
RANKS = {"highest": 0.0, "upper quartile": 0.25, "median": 0.5, "lower quartile": 0.75}


def by_signal(signal: np.ndarray) -> dict[int, str]:
    """{region: its rank} of those at `RANKS` by expected signal (R,), which tells nothing of attributions."""
    order = np.argsort(-signal, kind="stable")
    found: dict[int, str] = {}
    for name, share in RANKS.items():
        place = int(share * len(order))
        found.setdefault(int(order[place]), f"{name} expected signal ({place + 1} of {len(order)})")
    return found


def strongest(attribution: np.ndarray, width: int) -> int:
    """Where the `width` places (L,) begin that together add or take away the most."""
    sums = np.convolve(np.abs(attribution), np.ones(width), "valid")
    return int(sums.argmax())


def draw_region(axis: Axes, found: Attributions, number: int, seqlets: pd.DataFrame, shown: tuple[int, int]) -> Axes:
    """Attribution of each place of a region, its seqlets shaded; `shown`: the places that are drawn as letters."""
    values, centre = found.attribution[number], found.bases.shape[1] // 2
    for row in seqlets[seqlets["region"] == found.regions["name"].iat[number]].itertuples():
        edges = row.first - centre, row.first - centre + row.end - row.start
        axis.axvspan(*edges, color=SHADES[row.sign], alpha=0.35, lw=0)
    axis.bar(np.arange(len(values)) - centre + 0.5, values, width=1, color=INK, lw=0)
    axis.axhline(0, color=INK, lw=0.6)
    axis.axvline(0, color=GREY, lw=0.8, ls=":")
    axis.plot(np.array(shown) - centre, [0.02, 0.02], transform=axis.get_xaxis_transform(), color=BLUE, lw=4)
    axis.set(xlim=(-centre, len(values) - centre), ylabel="attribution")
    return axis


def draw_letters(axis: Axes, bases: str, values: np.ndarray, start: int) -> Axes:
    """Bases as letters as high as their values (n,), below the axis where these are negative; from `start` bp on."""
    for letter, colour in LETTERS.items():
        here = [at for at, base in enumerate(bases) if base == letter and values[at]]
        paths = [placed(letter, start + at, float(values[at])) for at in here]
        axis.add_collection(PathCollection(paths, facecolors=colour, linewidths=0))
    axis.axhline(0, color=INK, lw=0.6)
    low, high = min(values.min(), 0.0), max(values.max(), 0.0)
    room = 0.06 * (high - low) or 1.0
    axis.set(xlim=(start, start + len(bases)), ylim=(low - room, high + room), ylabel="attribution")
    return axis


def placed(letter: str, left: float, height: float) -> Path:
    """The outline of a letter, 0.92 wide and of this height, upright, from 0 up or down."""
    outline = TextPath((0, 0), letter, size=1, prop=FontProperties(family="DejaVu Sans", weight="bold"))
    (x, y), (right, top) = outline.vertices.min(0), outline.vertices.max(0)
    scale = np.array([0.92 / (right - x), abs(height) / (top - y)])
    corner = np.array([left + 0.04, min(height, 0.0)])
    return Path((outline.vertices - [x, y]) * scale + corner, outline.codes)
