"""Drawings of signal along the genome, measured and predicted, plus strand up and minus strand down."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from workflow_scripts.contracts.predicted_tracks import Predicted
from workflow_scripts.report.style import BLUE, DARK_GREY, INK, SKY

MEASURED = (INK, DARK_GREY)  # of the plus and the minus strand
SAID = (BLUE, SKY)
BUSY = 0.9  # quantile of windows by their signal: one with more than most, chosen before anything is predicted
HIGH = 0.995  # quantile of the bins that are drawn whole; higher ones are cut


class Window(NamedTuple):
    """One window of one track: its place, and signal (2, N) as it was measured and as it is predicted."""

    place: str
    start: int  # bp
    bin: int  # bp
    measured: np.ndarray  # NaN where a bin does not count
    predicted: np.ndarray


def choose_window(
    windows: pd.DataFrame, signal: np.ndarray, mask: np.ndarray, predicted: np.ndarray, bin: int
) -> Window:
    """Of windows that are all in use the one at `BUSY` by measured signal; arrays (W, 2, N)."""
    counted = np.where(mask, signal, 0).sum((1, 2))
    whole = np.flatnonzero(mask.mean((1, 2)) >= np.median(mask.mean((1, 2))))
    chosen = whole[np.argsort(counted[whole], kind="stable")[int(BUSY * (len(whole) - 1))]]
    row = windows.iloc[chosen]
    place = f"{row['chrom']}:{row['start'] + 1:,}-{row['end']:,}"
    measured = np.where(mask[chosen], signal[chosen], np.nan)
    return Window(place, int(row["start"]), bin, measured, predicted[chosen])


def draw_signal(axis: Axes, window: Window, values: np.ndarray, colours: tuple[str, str], title: str) -> Axes:
    """Signal (2, N) of both strands of a window, cut above `HIGH` of its bins."""
    edges = (window.start + window.bin * np.arange(values.shape[1] + 1)) / 1000
    for side, colour in enumerate(colours):
        axis.stairs(np.nan_to_num(values[side]) * (1 if side == 0 else -1), edges, fill=True, color=colour)
    axis.axhline(0, color=INK, lw=0.8)
    top = max(float(np.quantile(np.nan_to_num(values), HIGH)), 1e-6) * 1.05
    axis.set(xlim=(edges[0], edges[-1]), ylim=(-top, top), title=title, ylabel="signal a bin")
    axis.yaxis.set_major_formatter(lambda value, _: f"{abs(value):g}")
    return axis


def of_track(predicted: Predicted, model: str, track: int) -> np.ndarray:
    """What a model says of both strands of a track, (W, 2, N)."""
    return predicted.values[model][:, track : track + 2]
