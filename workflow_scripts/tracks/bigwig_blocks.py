"""The blocks of data of a bigWig file, read one by one: what the file holds, whatever its summary says.

Format: W. J. Kent et al., BigWig and BigBed: enabling browsing of large distributed datasets, Bioinformatics
2010, doi:10.1093/bioinformatics/btq351, supplementary tables. The header gives the places of data and index. The
data begin with the number of their blocks; the index is an R-tree, the leaves of which give place and size of each.
"""

from __future__ import annotations

import math
import struct
import zlib
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import NamedTuple

import numpy as np

TREE_HEADER = 48  # bytes before the root of the index
# Fields of 4 bytes that an item has, by the type of its block: start, end, value; start, value; value.
BEDGRAPH, VARIABLE_STEP, FIXED_STEP = 1, 2, 3
FIELDS = {BEDGRAPH: 3, VARIABLE_STEP: 2, FIXED_STEP: 1}


class Blocks(NamedTuple):
    """How many blocks the file says it has (`stated`), its index leads to (`found`); `bases` with a value in these."""

    stated: int
    found: int
    bases: int


def read_blocks(path: Path, lengths: list[int]) -> Blocks:
    """Read every block that the index of a bigWig leads to; `lengths` (bp) of its chromosomes in its own order.

    Items are cut at the end of their chromosome. Raises ValueError, LookupError, struct.error or zlib.error on a
    file that is damaged.
    """
    with path.open("rb") as handle, mmap(handle.fileno(), 0, access=ACCESS_READ) as data:
        data_at, index_at = struct.unpack_from("<QQ", data, 16)
        (compressed,) = struct.unpack_from("<I", data, 52)  # bytes that the largest block needs, or 0
        places = _places(data, index_at + TREE_HEADER)
        # Early versions of UCSC's tools wrote a count of 4 bytes.
        (stated,) = struct.unpack_from("<I" if min(places, default=0) == data_at + 4 else "<Q", data, data_at)
        blocks = (data[at : at + size] for at, size in places.items())
        bases = sum(_bases(zlib.decompress(block) if compressed else block, lengths) for block in blocks)
    return Blocks(stated, len(places), bases)


def _places(data: mmap, root: int) -> dict[int, int]:
    """{place: size} (bytes) of every block that the tree below the node at `root` leads to."""
    places: dict[int, int] = {}
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node in seen:
            raise ValueError("two places of the index lead to one")
        seen.add(node)
        leaf, _, children = struct.unpack_from("<BBH", data, node)
        for child in range(children):  # each begins with the chromosomes and bases that it spans, 16 bytes
            if leaf:
                place, size = struct.unpack_from("<QQ", data, node + 4 + 32 * child + 16)
                places[place] = size
            else:
                waiting += struct.unpack_from("<Q", data, node + 4 + 24 * child + 16)
    return places


def _bases(block: bytes, lengths: list[int]) -> int:
    """The number of bases with a value in one block."""
    chrom, start, _, step, span, kind, _, count = struct.unpack_from("<IIIIIBBH", block)
    shape = count, FIELDS[kind]
    items = np.frombuffer(block, "<u4", math.prod(shape), offset=24).reshape(shape).astype(np.int64)
    first = start + step * np.arange(count) if kind == FIXED_STEP else items[:, 0]
    last = items[:, 1] if kind == BEDGRAPH else first + span
    return int(np.maximum(np.minimum(last, lengths[chrom]) - first, 0).sum())
