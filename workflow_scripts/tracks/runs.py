"""Signal of one chromosome as runs: stretches of constant value, sorted, none overlapping."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

BLOCK = 1 << 20  # bp of a chromosome that are held in memory at a time


class Runs(NamedTuple):
    """start, end: int64, n, bp, 0-based half-open; value: float64, n."""

    start: np.ndarray
    end: np.ndarray
    value: np.ndarray


NONE = Runs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float64))


def clip(runs: Runs, start: int, end: int) -> Runs:
    """The parts of runs that lie within [start, end)."""
    first = np.searchsorted(runs.end, start, "right")
    last = np.searchsorted(runs.start, end, "left")
    return Runs(
        np.maximum(runs.start[first:last], start), np.minimum(runs.end[first:last], end), runs.value[first:last]
    )


def add(parts: list[Runs]) -> Runs:
    """The sum of several signals at each base; bases where it is 0 are left out."""
    edges = np.unique(np.concatenate([edge for part in parts for edge in (part.start, part.end)]))
    if not len(edges):
        return NONE
    total = np.zeros(len(edges) - 1)
    for part in parts:
        if len(part.start):
            run = np.searchsorted(part.start, edges[:-1], "right") - 1
            covered = (run >= 0) & (edges[:-1] < part.end[run])
            total[covered] += part.value[run[covered]]
    kept = total != 0
    return Runs(edges[:-1][kept], edges[1:][kept], total[kept])


def join(runs: Runs) -> Runs:
    """The same signal in as few runs as can be: neighbours that touch and have one value become one."""
    if not len(runs.start):
        return runs
    begins = np.r_[True, (runs.start[1:] != runs.end[:-1]) | (runs.value[1:] != runs.value[:-1])]
    ends = np.r_[begins[1:], True]
    return Runs(runs.start[begins], runs.end[ends], runs.value[begins])


class BigWigWriter:
    """Writes runs to a bigWig, chromosome after chromosome in the order of `lengths`, in float32.

    The file depends on the signal alone: runs that were cut, at the border of a block say, are joined.
    """

    def __init__(self, path: Path, lengths: dict[str, int]) -> None:
        import pyBigWig

        self._file = pyBigWig.open(str(path), "w")
        self._file.addHeader(list(lengths.items()))
        self._chrom = ""
        self._waiting = NONE  # the last run, which the next may continue
        self.bases = 0
        self.total = 0.0

    def append(self, chrom: str, runs: Runs) -> None:
        if chrom != self._chrom:
            self._write(self._waiting)
            self._chrom, self._waiting = chrom, NONE
        value = runs.value.astype(np.float32).astype(np.float64)
        joined = join(Runs(*(np.concatenate(pair) for pair in zip(self._waiting, (*runs[:2], value), strict=True))))
        self._waiting = Runs(*(column[-1:] for column in joined))
        self._write(Runs(*(column[:-1] for column in joined)))

    def close(self) -> None:
        self._write(self._waiting)
        self._file.close()

    def _write(self, runs: Runs) -> None:
        if len(runs.start):
            self._file.addEntries([self._chrom] * len(runs.start), runs.start, ends=runs.end, values=runs.value)
            lengths = runs.end - runs.start
            self.bases += int(lengths.sum())
            self.total += float((lengths * runs.value).sum())
