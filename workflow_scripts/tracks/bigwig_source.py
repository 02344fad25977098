"""Signal in a bigWig file of any source, read block by block at full resolution, never from zoom levels."""

from __future__ import annotations

import logging
import struct
import zlib
from collections import defaultdict
from pathlib import Path

import numpy as np
import pyBigWig

from workflow_scripts.contracts.genome import Genome
from workflow_scripts.io.errors import BadInput
from workflow_scripts.tracks.bigwig_blocks import read_blocks
from workflow_scripts.tracks.chromosomes import place
from workflow_scripts.tracks.runs import BLOCK, NONE, Runs

log = logging.getLogger(__name__)

MAGIC = (b"\x26\xfc\x8f\x88", b"\x88\x8f\xfc\x26")  # of either byte order


def is_bigwig(path: Path) -> bool:
    with path.open("rb") as handle:
        return handle.read(4) in MAGIC


def is_whole(path: Path) -> bool:
    """Whether the number that begins every bigWig also ends it."""
    with path.open("rb") as handle:
        begin = handle.read(len(MAGIC[0]))
        handle.seek(max(0, path.stat().st_size - len(begin)))
        return handle.read() == begin


class BigWigSource:
    """A bigWig file whose chromosomes are known by the genome's names.

    Damage is never read as zeros. A file that was cut short lacks the number that begins and ends every
    bigWig. A damaged data block is refused by its checksum, when it is read. A damaged index can hide blocks
    without any error (libBigWig returns nothing for them); so the bases that were read are counted, and
    `finish` compares them with the count in the file's header. Some files state a wrong one; where the two
    differ, the blocks decide: all that the file says it has must have been found, and read.
    """

    def __init__(self, path: Path, genome: Genome, drop: list[str]) -> None:
        self.path = path
        self._drop = drop
        if not is_whole(path):
            raise self._damaged("it was cut short")
        try:
            self._file = pyBigWig.open(str(path))
            self._lengths = self._file.chroms()
            self._stated = self._file.header()["nBasesCovered"]
        except RuntimeError as error:
            raise self._damaged(str(error)) from error
        self._names: dict[str, str] = {}  # the file's name of each chromosome of the genome
        for name, length in self._lengths.items():
            found = None if name in drop else genome.find(name)
            if found is None:
                continue
            if found in self._names:
                reason = f"is also called {self._names[found]!r} in the same file"
                raise BadInput(path, f"chromosome {name!r}", reason, "Give it one name.")
            if length != genome.lengths[found]:
                reason = f"has {length} bp, the genome's {found!r} {genome.lengths[found]}"
                raise BadInput(path, f"chromosome {name!r}", reason, "Take the assembly that the track was made with.")
            self._names[found] = name
        self._genome = genome
        self._bases = 0
        self.dropped: dict[str, float] = defaultdict(float)

    def read(self, chrom: str, start: int, end: int) -> Runs:
        """The runs within [start, end) of a chromosome of the genome. Read each base once, then `finish`."""
        return self._read(self._names[chrom], start, end) if chrom in self._names else NONE

    def finish(self) -> None:
        """Read what the genome lacks, and compare the bases that were read with the file's own count."""
        known = set(self._names.values())
        for name, length in self._lengths.items():  # in the file's own order
            for start in range(0, 0 if name in known else length, BLOCK):
                runs = self._read(name, start, min(start + BLOCK, length))
                if len(runs.start):
                    place(self._genome, name, self.path, self._drop)
                    self.dropped[name] += float((np.abs(runs.value) * (runs.end - runs.start)).sum())
        if self._bases != self._stated:
            self._require_every_block()
        self._file.close()

    def _read(self, name: str, start: int, end: int) -> Runs:
        try:
            found = self._file.intervals(name, start, end)
        except RuntimeError as error:
            raise self._damaged(f"{name}:{start + 1}-{end}: {error}") from error
        if not found:
            return NONE
        first, last, value = (np.array(column) for column in zip(*found, strict=True))
        runs = Runs(np.maximum(first, start), np.minimum(last, end), value)
        for wrong, reason in (
            ((runs.end <= runs.start) | (np.r_[0, runs.end[:-1]] > runs.start), "overlapping intervals"),
            (~np.isfinite(value), "a value that is not a number"),
        ):
            if wrong.any():
                at = int(np.flatnonzero(wrong)[0])
                place_ = f"{name}:{first[at] + 1}-{last[at]}"
                raise BadInput(self.path, place_, reason, "Make the file again, each base once.")
        self._bases += int((runs.end - runs.start).sum())
        return runs

    def _require_every_block(self) -> None:
        try:
            blocks = read_blocks(self.path, list(self._lengths.values()))
        except (ValueError, LookupError, struct.error, zlib.error) as error:
            raise self._damaged(f"its index or data cannot be read: {error}") from error
        if (blocks.stated, self._bases) != (blocks.found, blocks.bases):
            raise self._damaged(
                f"its index leads to {blocks.found} of {blocks.stated} blocks of data; "
                f"of the {blocks.bases} bases in them {self._bases} could be read"
            )
        log.warning(
            "%s: its header counts %d covered bases, all of its %d blocks of data hold %d: the blocks are right",
            self.path,
            self._stated,
            blocks.found,
            blocks.bases,
        )

    def _damaged(self, reason: str) -> BadInput:
        return BadInput(self.path, "", f"damaged or not a bigWig file ({reason})", "Fetch the file again.")
