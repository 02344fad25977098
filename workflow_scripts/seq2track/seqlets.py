"""Stretches of regions to which a model gives more, or less, than it gives to shuffled sequence.

A window of `width` bp passes where its mean attribution is above a quantile of those of all windows of the shuffled
regions, or, for what takes away, below the quantile as far from the other end. Windows that pass and touch or overlap
are one stretch. So of shuffled sequence a share of 1 - quantile of all windows passes, by construction.

Shapes: R regions of L bp.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from workflow_scripts.contracts.attributions import Attributions
from workflow_scripts.io.bases import decode

SIGNS = (1, -1)


def window_means(attribution: np.ndarray, width: int) -> np.ndarray:
    """Of attributions (R, L) the mean of each window, (R, L - width + 1) float64, at its first base."""
    return sliding_window_view(attribution.astype(float), width, axis=1).mean(-1)


def thresholds(shuffled: np.ndarray, width: int, quantile: float) -> dict[int, float]:
    """By sign, the mean that a window has to pass; shuffled (R, L): attributions of shuffled regions."""
    means = window_means(shuffled, width)
    return {sign: sign * float(np.quantile(sign * means, quantile)) for sign in SIGNS}


def passing(means: np.ndarray, width: int, limits: dict[int, float]) -> dict[int, np.ndarray]:
    """By sign, the bases (R, L) bool that lie in a window that passes; means: of `window_means`."""
    found = {}
    for sign, limit in limits.items():
        high = np.pad(sign * means > sign * limit, ((0, 0), (width - 1, width - 1)))
        found[sign] = sliding_window_view(high, width, axis=1).any(-1)
    return found


def stretches(inside: np.ndarray) -> list[tuple[int, int, int]]:
    """(region, first, end) of each run of True in (R, L) bool, in order."""
    edges = np.diff(np.pad(inside, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    (region, first), (_, end) = np.nonzero(edges == 1), np.nonzero(edges == -1)
    return list(zip(region.tolist(), first.tolist(), end.tolist(), strict=True))


def on_genome(region: pd.Series, first: int, end: int) -> tuple[int, int]:
    """Start and end (bp) of [first, end) of a region, which counts in its own direction."""
    start, stop = int(region["start"]), int(region["end"])
    return (start + first, start + end) if region["strand"] == "+" else (stop - end, stop - first)


def table(found: Attributions, means: np.ndarray, width: int, inside: dict[int, np.ndarray]) -> pd.DataFrame:
    """The Seqlets that `inside` holds, see `passing`."""
    attribution, rows = found.attribution, []
    for sign, of_sign in inside.items():
        for number, first, end in stretches(of_sign):
            region = found.regions.iloc[number]
            start, stop = on_genome(region, first, end)
            peak = sign * (sign * means[number, first : end - width + 1]).max()
            sequence = decode(found.bases[number, first:end])
            total = attribution[number, first:end].sum(dtype=float)
            place = (region["name"], region["chrom"], start, stop, region["strand"])
            rows.append((number, *place, sign, first, sequence, total, peak))
    names = ["number", "region", "chrom", "start", "end", "strand", "sign", "first", "sequence", "attribution", "peak"]
    rows.sort(key=lambda row: (row[0], -row[6], row[7]))
    text, whole = ("region", "chrom", "strand", "sequence"), ("start", "end", "sign", "first")
    types = {**dict.fromkeys(text, str), **dict.fromkeys(whole, "int64"), "attribution": float, "peak": float}
    return pd.DataFrame(rows, columns=names).drop(columns="number").astype(types)
