"""One sealed track of several blocks. Run as a process of its own, it writes it to the path that it is given."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from workflow_scripts.io.seal import seal_beside
from workflow_scripts.tracks.runs import Runs
from workflow_scripts.tracks.sealed_bigwig import BigWigWriter

LENGTHS = {"I": 200_000, "II": 150_000}


def runs_of(chrom: str) -> Runs:
    """Runs of 1 to some tens of bp, with gaps between them."""
    rng = np.random.default_rng(LENGTHS[chrom])
    edges = np.unique(rng.integers(0, LENGTHS[chrom], LENGTHS[chrom] // 3))
    start, end = edges[: len(edges) // 2 * 2].reshape(-1, 2).T
    return Runs(start, end, rng.integers(1, 9, len(start)).astype(np.float64))


def write(path: Path) -> None:
    """Write the track and its seal."""
    writer = BigWigWriter(path, LENGTHS)
    for chrom in LENGTHS:
        writer.append(chrom, runs_of(chrom))
    writer.close()
    seal_beside(path)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
