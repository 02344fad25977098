"""Drawings of a locus as a genome browser has them: signal of both strands, measured and predicted, and genes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Polygon

from workflow_scripts.contracts.predicted_tracks import Predicted
from workflow_scripts.report.style import BLUE, DARK_GREY, INK, SKY

MEASURED = (INK, DARK_GREY)  # of the plus and the minus strand
SAID = (BLUE, SKY)
SHADE = "#ECEDEF"  # of bins that do not count
HIGH = 0.995  # quantile of the bins that are drawn whole; higher ones are cut
LANES = 3  # of genes, one below another
LETTER = 0.011  # width of a letter of a gene's name, as a share of the panel
HEAD = 0.015  # length of the head of an arrow, likewise


class Window(NamedTuple):
    """One window of one track: its place, and signal (2, N) as it was measured and as it is predicted."""

    chrom: str
    start: int  # bp
    bin: int  # bp
    measured: np.ndarray  # NaN where a bin does not count
    predicted: np.ndarray
    mask: np.ndarray  # bool, True where a bin counts
    score: float  # Pearson r over the bins that count, of both strands

    @property
    def end(self) -> int:
        return self.start + self.bin * self.measured.shape[1]

    @property
    def place(self) -> str:
        return f"{self.chrom}:{self.start + 1:,}-{self.end:,}"


def choose_window(
    windows: pd.DataFrame, signal: np.ndarray, mask: np.ndarray, predicted: np.ndarray, bin: int
) -> Window:
    """The window whose score is nearest to the median of all that are in use; arrays (W, 2, N).

    In use: as many bins count as in most windows, and they hold at least the median signal of such windows that have
    any, so that there is something to see. What is constant has the score 0.
    """
    counted, share = np.where(mask, signal, 0).sum((1, 2)), mask.mean((1, 2))
    whole = np.flatnonzero(share >= np.median(share))
    held = counted[whole]
    whole = whole[held >= (np.median(held[held > 0]) if held.any() else 0)]
    scores = np.array([_pearson(signal[row][mask[row]], predicted[row][mask[row]]) for row in whole])
    best = np.argmin(np.abs(scores - np.median(scores)))
    chosen, row = whole[best], windows.iloc[whole[best]]
    of_window = (np.where(mask[chosen], signal[chosen], np.nan), predicted[chosen], mask[chosen], float(scores[best]))
    return Window(row["chrom"], int(row["start"]), bin, *of_window)


def _pearson(one: np.ndarray, other: np.ndarray) -> float:
    if len(one) < 2 or not (np.ptp(one) and np.ptp(other)):
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def draw_signal(axis: Axes, window: Window, values: np.ndarray, colours: tuple[str, str], title: str) -> Axes:
    """Signal (2, N) of both strands of a window, the minus strand mirrored, cut above `HIGH` of its bins.

    Bins that do not count are shaded on their strand.
    """
    edges = (window.start + window.bin * np.arange(values.shape[1] + 1)) / 1000
    top = max(float(np.quantile(values[window.mask], HIGH)) if window.mask.any() else 0.0, 1e-6) * 1.05
    for side, (colour, sign) in enumerate(zip(colours, (1, -1), strict=True)):
        axis.stairs(np.where(window.mask[side], 0, sign * top), edges, fill=True, color=SHADE)
        axis.stairs(sign * np.minimum(np.nan_to_num(values[side]), top), edges, fill=True, color=colour)
    axis.axhline(0, color=INK, lw=0.8)
    axis.set(xlim=(edges[0], edges[-1]), ylim=(-top, top), title=title, ylabel="signal a bin")
    axis.yaxis.set_major_formatter(lambda value, _: f"{abs(value):g}")
    axis.tick_params(labelbottom=False)
    return axis


def draw_genes(axis: Axes, window: Window, genes: pd.DataFrame) -> Axes:
    """Genes (chrom, start, end, strand, symbol) of a window as arrows, each with its name below it.

    Those for which no lane has room are drawn in the last, without a name.
    """
    span, free = window.end - window.start, [window.start - 1.0] * LANES
    here = genes[(genes["chrom"] == window.chrom) & (genes["start"] < window.end) & (genes["end"] > window.start)]
    for gene in here.sort_values(["start", "end"]).itertuples(index=False):
        first, last = max(gene.start, window.start), min(gene.end, window.end)
        wide = LETTER * span * len(gene.symbol) / 2
        middle = min(max((first + last) / 2, window.start + wide), window.end - wide)
        left, right = min(first, middle - wide), max(last, middle + wide)
        lane = next((number for number in range(LANES) if free[number] < left), None)
        place = LANES - 1 if lane is None else lane
        axis.add_patch(_arrow(first, last, gene.strand == "+", -place, HEAD * span))
        if lane is not None:
            free[lane] = right + LETTER * span
            axis.text(middle / 1000, -place - 0.32, gene.symbol, ha="center", va="top", fontsize=7)
    axis.set(ylim=(-LANES + 0.1, 0.4), yticks=[])
    axis.ticklabel_format(axis="x", useOffset=False)
    axis.spines["left"].set_visible(False)
    return axis


def _arrow(first: float, last: float, forward: bool, height: float, head: float) -> Polygon:
    """The body of a gene from `first` to `last` (bp), which points where it is transcribed to."""
    head = min(head, last - first)
    tip, neck, tail = (last, last - head, first) if forward else (first, first + head, last)
    outline = [(tail, 0.13), (neck, 0.13), (neck, 0.26), (tip, 0), (neck, -0.26), (neck, -0.13), (tail, -0.13)]
    return Polygon([(x / 1000, height + y) for x, y in outline], closed=True, color=DARK_GREY, lw=0)


def of_track(predicted: Predicted, model: str, track: int) -> np.ndarray:
    """What a model says of both strands of a track, (W, 2, N)."""
    return predicted.values[model][:, track : track + 2]
