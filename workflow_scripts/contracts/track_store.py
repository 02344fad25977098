"""TrackStore: binned signal of one set of tracks over genome windows.

`results/tracks/{set}/windows.parquet`: window (int64, row of the targets), chrom, start, end (bp,
0-based half-open, all of one width), fold (int64), split (`train`, `validation`, `test`).

`results/tracks/{set}/targets.h5`:

- targets: float32, windows x tracks x bins, one chunk per window: the sum of signal in each bin,
  uncovered bases counting 0; the minus strand is positive. Where there is a clip, that of a base is at most so much.
- mask: bool, windows x tracks x bins, many windows a chunk: True where the bin lies within the chromosome, the
  genome sequence is known (no N) and none of its bases is masked on that strand, so that its signal may be used.
- attributes: tracks (JSON list of {name, assay, strand}, a strand being `plus` or `minus`), bin (bp), set, genome,
  windows (digest of the windows that the rows stand for), clip (the most that a base counts; 0 for no limit).

`TrackStore` reads rows of it, never all; both strands of a track stand side by side, the plus strand first.

A track file that cannot be read is an error; it never becomes zeros. The file ends with a seal.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np
import pandas as pd
import pandera.pandas as pa

from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import replacing
from workflow_scripts.io.hdf5 import require_own_content
from workflow_scripts.io.seal import require_intact, seal
from workflow_scripts.io.tables import read_table, validate_table, write_table

MASK_CHUNK = 1 << 16  # bytes, of which all are read for one window: of a window each, its entry would outweigh it
TRACK_KEYS = {"name", "assay", "strand"}
INITIATION = ("procap", "grocap", "cage")  # assays whose signal is at starts of transcription, not along genes


class Targets(NamedTuple):
    """What `read_targets` returns."""

    targets: np.ndarray  # windows x tracks x bins, float32
    mask: np.ndarray  # windows x tracks x bins, bool
    tracks: list[dict[str, str]]  # name, assay, strand
    bin: int  # bp
    clip: float = 0.0  # the most that a base counts, 0 for no limit


WINDOWS = pa.DataFrameSchema(
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
    return validate_table(windows, WINDOWS, where)


def write_windows(windows: pd.DataFrame, path: Path) -> None:
    write_table(windows, path, WINDOWS)


def read_windows(path: Path) -> pd.DataFrame:
    return read_table(path, WINDOWS)[0]


def windows_digest(windows: pd.DataFrame) -> str:
    """sha256 of all columns of the windows: equal if and only if the windows are."""
    state = hashlib.sha256()
    for name in WINDOWS.columns:
        state.update("\n".join(map(str, windows[name])).encode() + b"\n\n")
    return state.hexdigest()


def validate_targets(targets: Targets, where: Path | str = "Targets") -> None:
    """Raise BadInput unless the parts fit each other and every value is a sum of signal: finite, not negative."""

    def refuse(place: str, reason: str) -> BadInput:
        return BadInput(where, place, reason, "Remove the file and run its rule again.")

    values, mask, tracks, *_ = targets
    if values.shape != mask.shape or values.shape[1] != len(tracks):
        raise refuse("targets", f"shape {values.shape} does not fit {len(tracks)} tracks and the mask {mask.shape}")
    for number, track in enumerate(tracks):
        if track.keys() != TRACK_KEYS or track["strand"] not in ("plus", "minus"):
            raise refuse(f"track {number}", f"{track} is not a name, an assay and a strand")
    if not ((values >= 0) & np.isfinite(values)).all():
        raise refuse("targets", "hold a value that is no sum of signal")


def write_targets(
    blocks: Iterable[tuple[np.ndarray, np.ndarray]],
    tracks: list[dict[str, str]],
    path: Path,
    *,
    windows: pd.DataFrame,
    bins: int,
    bin_width: int,
    set_name: str,
    genome: str,
    clip: float = 0.0,
) -> None:
    """Write `blocks`, one for each of `windows`, to `path`: signal (float32) and mask (bool), both tracks x bins.

    bin_width in bp; genome: the checksum of its sequence; clip: the most that the signal of a base counts, 0 for no
    limit.
    """
    shape = (len(windows), len(tracks), bins)
    together = max(1, min(len(windows), MASK_CHUNK // (len(tracks) * bins)))
    with replacing(path) as temporary:
        with h5py.File(temporary, "w", libver="latest") as file:
            targets = file.create_dataset("targets", shape, "f4", chunks=(1, *shape[1:]), compression="lzf")
            masks = file.create_dataset("mask", shape, bool, chunks=(together, *shape[1:]), compression="lzf")
            waiting: list[np.ndarray] = []  # masks of one chunk, which is written once
            for row, (block, mask) in zip(range(len(windows)), blocks, strict=True):
                validate_targets(Targets(block[None], mask[None], tracks, bin_width), path)
                targets[row] = block
                waiting.append(mask)
                if len(waiting) == together or row + 1 == len(windows):
                    masks[row + 1 - len(waiting) : row + 1] = waiting
                    waiting.clear()
            about = {"tracks": json.dumps(tracks), "windows": windows_digest(windows)}
            file.attrs.update(about, bin=bin_width, set=set_name, genome=genome, clip=clip)
        seal(temporary)


class TrackStore:
    """Targets on disk, of which rows are read; `tracks`, `bin` (bp), `clip` and `genome` as in the contract.

    Raises BadInput on a damaged file, or one of other windows. To be used in one thread at a time.
    """

    def __init__(self, path: Path, windows: pd.DataFrame) -> None:
        require_intact(path)
        self._path = path
        try:
            self._file = h5py.File(path, "r")
            require_own_content(self._file, path)
            self.tracks: list[dict[str, str]] = json.loads(self._file.attrs["tracks"])
            self.bin, self.clip = int(self._file.attrs["bin"]), float(self._file.attrs["clip"])
            self.genome, made_for = str(self._file.attrs["genome"]), self._file.attrs["windows"]
            self.bins = self._file["targets"].shape[2]
        except (OSError, KeyError, ValueError, RuntimeError) as error:
            raise _unreadable(path, error) from error
        if made_for != windows_digest(windows):
            raise BadInput(path, "windows", "made for other windows", "Take both files of one run of make_targets.")

    def rows(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Signal (float32) and mask (bool) of these windows, each windows x tracks x bins, in any order."""
        order, place = np.unique(numbers, return_inverse=True)
        try:
            found = Targets(self._file["targets"][order], self._file["mask"][order], self.tracks, self.bin)
        except (OSError, KeyError, ValueError, RuntimeError) as error:
            raise _unreadable(self._path, error) from error
        validate_targets(found, self._path)
        return found.targets[place], found.mask[place]


def _unreadable(path: Path, error: Any) -> BadInput:
    return BadInput(path, "", f"not a readable TrackStore ({error})", "Remove it and run its rule again.")


def read_targets(path: Path, windows: pd.DataFrame) -> Targets:
    """Read and check all targets of `windows`; a damaged file, or one of other windows, raises BadInput."""
    store = TrackStore(path, windows)
    values, mask = store.rows(np.arange(len(windows)))
    return Targets(values, mask, store.tracks, store.bin, store.clip)
