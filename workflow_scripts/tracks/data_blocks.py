"""The data blocks of a sealed bigWig, found by the file's index and unpacked to runs.

libBigWig gives a run as a Python tuple and a window as one number a base; here the bytes of many blocks become
arrays at once. Format: W. J. Kent et al., BigWig and BigBed, Bioinformatics 26, 2204-2207 (2010), supplementary
tables. `BigWigWriter` writes a part of it: little-endian, each run with its start, end and value ("bedGraph").
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyBigWig

from workflow_scripts.io.errors import BadInput
from workflow_scripts.tracks.runs import Runs, clip

# Blocks of at most 32 KiB that are unpacked together: arrays of more runs would not stay in the processor's cache, and
# their memory would be fetched from the system each time.
TOGETHER = 8

HEADER = struct.Struct("<I2H3Q2H2QIQ")
INDEX = 48  # bytes before the first node of the index
NODE = struct.Struct("<BxH")  # whether it is a leaf, and the number of its items
PLACE = [("chrom", "<u4"), ("start", "<u4"), ("last_chrom", "<u4"), ("end", "<u4"), ("offset", "<u8")]
BRANCH, LEAF = np.dtype(PLACE), np.dtype([*PLACE, ("size", "<u8")])
BLOCK_HEADER = struct.Struct("<5I2BH")  # chromosome, start, end, step, span, kind, reserved, number of runs
BEDGRAPH = 1
RUN = np.dtype([("start", "<u4"), ("end", "<u4"), ("value", "<f4")])


class DataBlocks:
    """The runs of an intact sealed bigWig; `lengths` holds every chromosome (bp).

    Raises BadInput where a block is not as the writer of sealed bigWigs leaves it.
    """

    def __init__(self, path: Path) -> None:
        with pyBigWig.open(str(path)) as file:
            self.lengths: dict[str, int] = file.chroms()  # in the order of their numbers
        self._path = path
        self._file = path.open("rb")
        header = HEADER.unpack(self._file.read(HEADER.size))
        index, self._size = header[5], header[10]  # the place of the index; the largest block, unpacked, in bytes
        blocks = np.concatenate(_leaves(self._file, index + INDEX))
        self._blocks = {name: blocks[blocks["chrom"] == number] for number, name in enumerate(self.lengths)}
        self._last: dict[int, bytes] = {}  # by place in the file, what was unpacked last: the next read begins in it

    def runs(self, chrom: str, start: int, end: int) -> Runs:
        """The parts of runs that lie within [start, end)."""
        return clip(self._read(self._reaching(chrom, start, end)), start, end)

    def stretches(self, chrom: str, start: int, end: int, step: int) -> Iterator[tuple[int, int]]:
        """[start, end), of whole steps, as consecutive stretches of whole steps with few blocks each."""
        steps = (end - start) // step
        many = min(steps, 1 + len(self._reaching(chrom, start, end)) // TOGETHER)
        borders = start + np.arange(many + 1) * steps // many * step
        return pairwise(borders.tolist())

    def parts(self, chrom: str, end: int) -> Iterator[Runs]:
        """All runs that start before `end`, and perhaps more, in order and none cut, those of few blocks at a time."""
        blocks = self._blocks[chrom]
        for first in range(0, np.searchsorted(blocks["start"], end), TOGETHER):
            yield self._read(blocks[first : first + TOGETHER])

    def _reaching(self, chrom: str, start: int, end: int) -> np.ndarray:
        """The blocks of which a run may lie within [start, end)."""
        blocks = self._blocks[chrom]
        return blocks[np.searchsorted(blocks["end"], start, "right") : np.searchsorted(blocks["start"], end)]

    def _read(self, blocks: np.ndarray) -> Runs:
        self._last = {
            place: self._last.get(place) or self._unpack(place, size)
            for place, size in zip(blocks["offset"].tolist(), blocks["size"].tolist(), strict=True)
        }
        table = np.frombuffer(b"".join(self._last.values()), RUN)
        return Runs(table["start"].astype(np.int64), table["end"].astype(np.int64), table["value"].astype(np.float64))

    def _unpack(self, place: int, size: int) -> bytes:
        self._file.seek(place)
        content = zlib.decompress(self._file.read(size), bufsize=self._size)
        *_, kind, _, count = BLOCK_HEADER.unpack_from(content)
        if kind != BEDGRAPH:
            raise BadInput(self._path, "", "is not a sealed track", "Remove it and run convert_track again.")
        return content[BLOCK_HEADER.size :][: count * RUN.itemsize]


def _leaves(file: BinaryIO, node: int) -> list[np.ndarray]:
    """The leaves of the index under one of its nodes, in the order of the genome."""
    file.seek(node)
    is_leaf, count = NODE.unpack(file.read(NODE.size))
    kind = LEAF if is_leaf else BRANCH
    items = np.frombuffer(file.read(count * kind.itemsize), kind)
    return [items] if is_leaf else [leaf for child in items["offset"].tolist() for leaf in _leaves(file, child)]
