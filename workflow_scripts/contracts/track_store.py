"""TrackStore: binned signal of one set of tracks over genome windows.

`results/tracks/{set}/windows.parquet`: window (int64, row of the targets), chrom, start, end (bp,
0-based half-open, all of one width), fold (int64), split (`train`, `validation`, `test`).

`results/tracks/{set}/targets.h5`:

- targets: float32, windows x tracks x bins, one chunk per window: the sum of signal in each bin,
  uncovered bases counting 0; the minus strand is positive.
- mask: bool, windows x bins: True where the bin lies within the chromosome and the genome sequence
  is known (no N), so that its signal may be used.
- attributes: tracks (JSON list of {name, assay, strand}), bin (bp), set, genome.

A track file that cannot be read is an error; it never becomes zeros.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from workflow_scripts.contracts.errors import BadInput
from workflow_scripts.contracts.files import replacing
from workflow_scripts.contracts.tables import read_table, validate_table, write_table

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pandera.pandas as pa


class Targets(NamedTuple):
    """What `read_targets` returns."""

    targets: np.ndarray  # windows x tracks x bins, float32
    mask: np.ndarray  # windows x bins, bool
    tracks: list[dict[str, str]]  # name, assay, strand
    bin: int  # bp


@cache
def window_schema() -> pa.DataFrameSchema:
    import pandera.pandas as pa

    return pa.DataFrameSchema(
        {
            "window": pa.Column("int64", unique=True),
            "chrom": pa.Column(str),
            "start": pa.Column("int64"),
            "end": pa.Column("int64"),
            "fold": pa.Column("int64"),
            "split": pa.Column(str, pa.Check.isin(["train", "validation", "test"])),
        },
        name="Windows",
        strict=True,
        ordered=True,
    )


def validate_windows(windows: pd.DataFrame, where: Path | str = "Windows") -> pd.DataFrame:
    return validate_table(windows, window_schema(), where)


def write_windows(windows: pd.DataFrame, path: Path) -> None:
    write_table(windows, path, window_schema())


def read_windows(path: Path) -> pd.DataFrame:
    return read_table(path, window_schema())[0]


def write_targets(
    blocks: list[np.ndarray] | np.ndarray,
    mask: np.ndarray,
    tracks: list[dict[str, str]],
    path: Path,
    *,
    bin: int,
    set: str,
    genome: str,
) -> None:
    """Write `blocks` (iterable of tracks x bins, one per window) and mask (windows x bins) to `path`."""
    import h5py

    windows, bins = mask.shape
    with replacing(path) as temporary, h5py.File(temporary, "w", libver="latest") as file:
        shape = (windows, len(tracks), bins)
        targets = file.create_dataset(
            "targets", shape, "f4", chunks=(1, *shape[1:]), compression="lzf", fletcher32=True
        )
        for row, block in zip(range(windows), blocks, strict=True):
            targets[row] = block
        file.create_dataset("mask", data=mask, chunks=(1, bins), compression="lzf", fletcher32=True)
        file.attrs.update(tracks=json.dumps(tracks), bin=bin, set=set, genome=genome)


def read_targets(path: Path) -> Targets:
    """Read and check a targets file; a damaged one raises BadInput."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            targets, mask = file["targets"][:], file["mask"][:]
            found = Targets(targets, mask, json.loads(file.attrs["tracks"]), int(file.attrs["bin"]))
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        raise BadInput(path, "", f"not a readable TrackStore ({error})", "Remove it and run its rule again.") from error
    if targets.shape != (mask.shape[0], len(found.tracks), mask.shape[1]):
        raise BadInput(
            path, "targets", f"shape {targets.shape} does not fit the mask {mask.shape}", "Run its rule again."
        )
    return found
