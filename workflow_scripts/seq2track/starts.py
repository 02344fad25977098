"""Calls of starts of transcription from signal, strand by strand.

A start is where signal rises most in its direction: the score of a bin is ln of the signal from it on by the signal
before it, over equal lengths, the mean signal of as many bins being added to both. Where the assay marks starts
themselves, the score is ln of the signal of the bin in the same way. Signal of one track is flat here as in `genes`:
(2, F), the plus strand first, bins of window after window.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

DIGITS = 9  # of scores, beyond which equal ones may differ by the order of a sum


class Ground(NamedTuple):
    """Where the bins of the windows at hand lie."""

    runs: list[np.ndarray]  # places in flat signal of bins that follow each other on a chromosome, in its order
    chrom: np.ndarray  # (F,) str
    middle: np.ndarray  # (F,) float64, bp, 0-based: between two bases where a bin has an even number of them


class Start(NamedTuple):
    """An annotated start, and where it is looked for."""

    gene_id: str
    chrom: str
    side: int  # 0 on the plus strand, 1 on the minus strand
    tss: int
    own: int  # its bin
    around: np.ndarray  # (n,) int64, bins with a score within reach
    distance: np.ndarray  # (n,) float64, bp from the start to the middle of each, downstream positive


def lay_out(windows: pd.DataFrame, rows: np.ndarray, bin: int, bins: int) -> Ground:
    """The ground of the windows `rows` of the store, each of `bins` bins of `bin` bp."""
    table = windows.iloc[rows]
    start = (table["start"].to_numpy()[:, None] + np.arange(bins) * bin).ravel()
    chrom = np.repeat(table["chrom"].to_numpy(str), bins)
    order = np.lexsort((start, chrom))
    apart = (chrom[order[1:]] != chrom[order[:-1]]) | (start[order[1:]] != start[order[:-1]] + bin)
    return Ground(np.split(order, np.flatnonzero(apart) + 1), chrom, start + (bin - 1) / 2)


def scored(mask: np.ndarray, ground: Ground, flank: int) -> np.ndarray:
    """Which bins (2, F) can have a score: all bins within `flank` bins before and from them on count (mask, (2, F))."""
    found = np.zeros(mask.shape, bool)
    for side, bins in _directed(ground, 2 * flank):
        missing = np.append(0, np.cumsum(~mask[side, bins]))
        found[side, bins[flank : len(bins) - flank + 1]] = missing[2 * flank :] == missing[: -2 * flank]
    return found


def rises(signal: np.ndarray, mask: np.ndarray, ground: Ground, flank: int) -> np.ndarray:
    """The score (2, F) of each bin for a start there, by signal (2, F) over `flank` bins; 0 where `scored` is False."""
    found = np.zeros(signal.shape)
    signal = np.where(mask, signal, 0.0).astype(float)
    added = flank * _mean(signal, mask)
    for side, bins in _directed(ground, 2 * flank):
        sums = np.append(0, np.cumsum(signal[side, bins]))
        sums = np.maximum(sums[flank:] - sums[:-flank], 0) + added  # of `flank` bins from each on
        found[side, bins[flank : len(bins) - flank + 1]] = np.log(sums[flank:] / sums[:-flank])
    return np.where(scored(mask, ground, flank), np.round(found, DIGITS), 0.0)


def peaks(signal: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The score (2, F) of each bin by its own signal (2, F), of assays that mark starts."""
    signal = np.where(mask, signal, 0.0).astype(float)
    return np.log1p(signal / _mean(signal, mask))


def _mean(signal: np.ndarray, mask: np.ndarray) -> float:
    """Mean signal of the bins that count; where there is none at all, one that changes nothing."""
    total = signal.sum()
    return float(total / mask.sum()) if total > 0 else 1.0


def _directed(ground: Ground, least: int) -> Iterator[tuple[int, np.ndarray]]:
    """The bins of each run of so many bins at least, in the direction of each strand."""
    for bins in ground.runs:
        if len(bins) >= least:
            yield 0, bins
            yield 1, bins[::-1]


def annotated(bodies: pd.DataFrame, ground: Ground, has_score: np.ndarray, bin: int, reach: int) -> list[Start]:
    """The starts of GeneBodies whose bin has a score, in their order; reach in bp."""
    found = []
    for gene, bins in _near(bodies, ground, reach):
        side = int(gene.strand == "-")
        distance = (ground.middle[bins] - gene.tss) * (-1 if side else 1)
        own = bins[np.abs(distance) <= (bin - 1) / 2]
        if len(own) and has_score[side, own[0]]:
            kept = has_score[side, bins]
            found.append(Start(gene.gene_id, gene.chrom, side, gene.tss, int(own[0]), bins[kept], distance[kept]))
    return found


def at_starts(bodies: pd.DataFrame, ground: Ground, tolerance: int) -> np.ndarray:
    """Which bins (2, F) have their middle within so many bp of an annotated start of their strand."""
    found = np.zeros((2, len(ground.middle)), bool)
    for gene, bins in _near(bodies, ground, tolerance):
        found[int(gene.strand == "-"), bins] = True
    return found


def _near(bodies: pd.DataFrame, ground: Ground, reach: int) -> Iterator[tuple]:
    """Each gene that is placed, and the bins whose middle is within `reach` bp of its start, in their order."""
    order = np.concatenate(ground.runs)
    chroms = {str(chrom): order[ground.chrom[order] == chrom] for chrom in np.unique(ground.chrom)}
    for gene in bodies[bodies["placed"] & bodies["chrom"].isin(chroms)].itertuples(index=False):
        bins = chroms[gene.chrom]
        first, last = np.searchsorted(ground.middle[bins], [gene.tss - reach, np.nextafter(gene.tss + reach, np.inf)])
        yield gene, bins[first:last]


def highest(starts: list[Start], scores: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Which bin around each start has the highest score (2, F): its place in `around`, (G,) int64.

    Of equal ones that which comes first in `order` (2, F), a random one that all models share.
    """
    return np.array(
        [np.lexsort((order[of.side, of.around], -scores[of.side, of.around]))[0] for of in starts], np.int64
    )


def calls(scores: np.ndarray, has_score: np.ndarray, ground: Ground, least: float, apart: float) -> np.ndarray:
    """Bins (K, 2), strand and place, that are called starts, the highest first.

    Their score is `least` at least, and no higher one of their strand is nearer than `apart` bp.
    """
    found, chroms = [], np.unique(ground.chrom, return_inverse=True)[1]
    for side in (0, 1):
        able = np.flatnonzero(has_score[side] & (scores[side] >= least))
        able = able[np.lexsort((ground.middle[able], chroms[able]))]  # along the genome
        place = ground.middle[able] + chroms[able] * (2 * apart + ground.middle.max())
        left = np.ones(len(able), bool)
        for one in np.argsort(-scores[side, able], kind="stable"):
            if left[one]:
                found.append((side, int(able[one])))
                first, last = np.searchsorted(place, [place[one] - apart, place[one] + apart])
                left[first:last] = False
    return np.array(sorted(found, key=lambda call: -scores[call]), np.int64).reshape(-1, 2)
