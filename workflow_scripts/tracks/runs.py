"""Signal of one chromosome as runs: stretches of constant value, sorted, none overlapping."""

from __future__ import annotations

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


def write_bases(runs: Runs, start: int, values: np.ndarray) -> None:
    """Write the signal of each base from `start` on to `values` (zeros, float32); all runs lie within."""
    length = runs.end - runs.start
    if 4 * length.sum() < len(values):  # few bases: each is written where it stands
        place = np.repeat(runs.start - start - (np.cumsum(length) - length), length)
        values[place + np.arange(len(place))] = np.repeat(runs.value, length)
    else:  # gaps and runs in turns
        borders = np.stack([runs.start, runs.end], axis=1).ravel()
        level = np.zeros(len(borders) + 1, np.float32)
        level[1::2] = runs.value
        values[:] = np.repeat(level, np.diff(borders, prepend=start, append=start + len(values)))


def bin_sums(runs: Runs, start: int, end: int, width: int) -> np.ndarray:
    """The sum of signal in each bin of `width` bp of [start, end), float64; all runs lie within.

    The time grows with runs and bins, not with bases.
    """
    left, right = runs.start - start, runs.end - start
    home = left // width  # the bin in which a run starts
    border = np.minimum(right, (home + 1) * width)
    first = np.flatnonzero(np.diff(home, prepend=-1))
    sums = np.zeros((end - start) // width)
    sums[home[first]] = np.add.reduceat((border - left) * runs.value, first)
    # What lies in further bins: into each, one run at most reaches from before.
    long = np.flatnonzero(border < right)
    further = (right[long] - 1) // width - home[long]
    run = np.repeat(long, further)
    reached = home[run] + 1 + np.arange(len(run)) - np.repeat(np.cumsum(further) - further, further)
    sums[reached] += np.minimum(right[run] - reached * width, width) * runs.value[run]
    return sums
