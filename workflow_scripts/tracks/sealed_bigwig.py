"""The bigWigs of one form that `convert_track` writes: checked when written, and when read.

libBigWig reads a damaged file as zeros or ends the process, and prints one line where it could not write.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyBigWig

from workflow_scripts.io.seal import require_intact_beside
from workflow_scripts.tracks.bigwig_source import is_whole
from workflow_scripts.tracks.data_blocks import DataBlocks
from workflow_scripts.tracks.runs import NONE, Runs, bin_sums, join, write_bases

ENTRY = 12  # bytes of a run, before compression
ROOM = 1 << 20  # bytes that libBigWig may still hold back


class BigWigWriter:
    """Writes runs to a bigWig, chromosome after chromosome in the order of `lengths`, in float32.

    The file depends on the signal alone: runs that were cut, at the border of a block say, are joined.
    Raises OSError where there is no room for it.
    """

    def __init__(self, path: Path, lengths: dict[str, int]) -> None:
        self._path = path
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
        """Write the rest, and check that the file came out whole."""
        self._write(self._waiting)
        self._file.close()
        if self.bases and not (is_whole(self._path) and covered_bases(self._path) == self.bases):
            raise self._no_room()

    def _write(self, runs: Runs) -> None:
        if len(runs.start):
            # Checked before: a write that fails inside libBigWig ends the process.
            if shutil.disk_usage(self._path.parent).free < ENTRY * len(runs.start) + ROOM:
                raise self._no_room()
            self._file.addEntries([self._chrom] * len(runs.start), runs.start, ends=runs.end, values=runs.value)
            lengths = runs.end - runs.start
            self.bases += int(lengths.sum())
            self.total += float((lengths * runs.value).sum())

    def _no_room(self) -> OSError:
        return OSError(errno.ENOSPC, "No space left, or the file system failed", str(self._path))


def covered_bases(path: Path) -> int:
    """The number of bases with a value that the header of a bigWig states."""
    with pyBigWig.open(str(path)) as file:
        return file.header()["nBasesCovered"]


def greatest(path: Path) -> float:
    """The greatest signal at a base of an exported bigWig with its seal, whatever its sign; 0 where there is none."""
    require_intact_beside(path)
    with pyBigWig.open(str(path)) as file:
        header = file.header()
    return max(abs(header["minVal"]), abs(header["maxVal"])) if header["nBasesCovered"] else 0.0


class SealedBigWig:
    """One strand of one track, with its seal beside it; `lengths` holds every chromosome of the genome (bp).

    Raises BadInput on a damaged file, or one without its seal.
    """

    def __init__(self, path: Path) -> None:
        require_intact_beside(path)
        self._blocks = DataBlocks(path)
        self.lengths = self._blocks.lengths

    def values(self, chrom: str, start: int, end: int) -> np.ndarray:
        """Signal of each base of [start, end), float32; bases without signal, or beyond the end, are 0."""
        return self.bin_sums(chrom, start, end - start, 1)

    def bin_sums(self, chrom: str, start: int, bins: int, width: int, clip: float = 0.0) -> np.ndarray:
        """Sum of signal in each of `bins` bins of `width` bp from `start` on, float32; beyond the end it is 0.

        clip: the most that the signal of a base counts, 0 for no limit.
        """
        sums = np.zeros(bins, np.float32)
        for first, last in self._blocks.stretches(chrom, start, start + bins * width, width):
            runs = self._blocks.runs(chrom, first, last)
            if clip:
                runs = runs._replace(value=np.minimum(runs.value, clip))
            here = sums[(first - start) // width : (last - start) // width]
            if width == 1:
                write_bases(runs, first, here)
            else:
                here[:] = bin_sums(runs, first, last, width)
        return sums

    def runs(self, chrom: str) -> Iterator[Runs]:
        """All runs of a chromosome in order, those of few blocks at a time."""
        return self._blocks.parts(chrom, self.lengths[chrom])

    def sums(self, chrom: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Sum of signal over each interval [start, end), float64; intervals may overlap and be empty.

        One pass over the runs of the chromosomes that are named, whatever the number of intervals: the sum up to
        each border is read off a running sum.
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
        done, before = 0, 0.0
        for runs in self._blocks.parts(chrom, borders[-1]):
            running = np.cumsum(np.concatenate([[before], (runs.end - runs.start) * runs.value]))
            reached = np.searchsorted(borders, runs.end[-1], "right")
            here = borders[done:reached]
            run = np.maximum(np.searchsorted(runs.start, here) - 1, 0)  # the last that starts before, or the first
            covered = np.clip(here - runs.start[run], 0, runs.end[run] - runs.start[run])
            found[done:reached] = running[run] + covered * runs.value[run]
            done, before = reached, running[-1]
        found[done:] = before
        return found
