"""Reading the bigWigs that `standardize_track` wrote: values of a stretch, and sums over many intervals."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from workflow_scripts.contracts.errors import BadInput
from workflow_scripts.tracks.runs import BLOCK


class StandardTrack:
    """One strand of one track; `lengths` holds every chromosome of the genome (bp)."""

    def __init__(self, path: Path) -> None:
        import pyBigWig

        self.path = path
        try:
            self._file = pyBigWig.open(str(path))
            self.lengths: dict[str, int] = self._file.chroms()
        except RuntimeError as error:
            raise self._damaged(str(error)) from error

    def values(self, chrom: str, start: int, end: int) -> np.ndarray:
        """Signal of each base of [start, end), float32; bases without signal are 0."""
        try:
            found = self._file.values(chrom, start, end, numpy=True)
        except RuntimeError as error:
            raise self._damaged(f"{chrom}:{start + 1}-{end}: {error}") from error
        if len(found) != end - start:  # pyBigWig answers so for a file without data
            raise self._damaged(f"{chrom}:{start + 1}-{end}: {len(found)} values")
        found[np.isnan(found)] = 0
        return found

    def sums(self, chrom: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Sum of signal over each interval [start, end), float64; intervals may overlap and be empty.

        One pass over the chromosomes that are named, whatever the number of intervals: the sum up to each
        border is read off a running sum, which is the same for any size of block.
        """
        total = np.zeros(len(start))
        for name in np.unique(chrom):
            here = np.flatnonzero(chrom == name)
            borders, where = np.unique(np.concatenate([start[here], end[here]]), return_inverse=True)
            first, last = self._running(name, borders)[where].reshape(2, -1)
            total[here] = last - first
        return total

    def _running(self, chrom: str, borders: np.ndarray) -> np.ndarray:
        """Sum of signal before each of the sorted positions."""
        found = np.zeros(len(borders))
        before = 0.0
        for start in range(0, int(borders[-1]), BLOCK):
            end = min(start + BLOCK, self.lengths[chrom])
            running = np.empty(end - start + 1)
            running[0], running[1:] = before, self.values(chrom, start, end)
            np.cumsum(running, out=running)
            here = slice(*np.searchsorted(borders, [start, end + 1]))
            found[here] = running[borders[here] - start]
            before = running[-1]
        return found

    def _damaged(self, reason: str) -> BadInput:
        return BadInput(self.path, "", f"damaged bigWig ({reason})", "Remove it and run standardize_track again.")
