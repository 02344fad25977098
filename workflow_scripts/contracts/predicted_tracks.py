"""PredictedTracks: what models say of the windows of one fold that they were not trained on, beside the TrackStore.

`results/seq2track/{run}/{fold}/predicted.h5` and `results/seq2track/baselines/{set}/{fold}.h5`:

- one dataset a model, by its name: float32, windows of the fold x tracks x bins, in the order of the windows: the
  expected sum of signal in each bin, in the units of the TrackStore; finite and not negative.
- attributes: fold, tracks (JSON list of {name, assay, strand}), bin (bp), windows (digest of all windows of the store).

The file ends with a seal.

`results/seq2track/{run}/regions/{regions}/predicted.h5` is the same of windows over regions that a user names, all of
fold 0 of a table of their own, `windows.parquet` beside it: the mean of what the models of all folds say, each of which
was trained on most of the genome.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np
import pandas as pd

from workflow_scripts.contracts.track_store import windows_digest
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import replacing
from workflow_scripts.io.hdf5 import require_own_content
from workflow_scripts.io.seal import require_intact, seal


class Predicted(NamedTuple):
    """What `read` returns."""

    fold: int
    tracks: list[dict[str, str]]  # name, assay, strand
    bin: int  # bp
    values: dict[str, np.ndarray]  # by model: windows of the fold x tracks x bins, float32


def write(
    blocks: Iterable[dict[str, np.ndarray]],
    path: Path,
    *,
    windows: pd.DataFrame,
    fold: int,
    tracks: list[dict[str, str]],
    bin_width: int,
    bins: int,
) -> None:
    """Write `blocks`, consecutive windows of the fold as {model: windows x tracks x bins}; all have the same models."""
    shape = (int((windows["fold"] == fold).sum()), len(tracks), bins)
    done = 0
    with replacing(path) as temporary:
        with h5py.File(temporary, "w", libver="latest") as file:
            for block in blocks:
                for name, values in block.items():
                    if not (np.isfinite(values) & (values >= 0)).all():
                        raise _refused(path, name, "holds a value that is no signal")
                    if name not in file:
                        file.create_dataset(name, shape, "f4", chunks=(1, *shape[1:]), compression="lzf")
                    file[name][done : done + len(values)] = values
                done += len(values)
            if done != shape[0]:
                raise ValueError(f"{done} windows predicted of {shape[0]}")
            about = {"tracks": json.dumps(tracks), "windows": windows_digest(windows)}
            file.attrs.update(about, fold=fold, bin=bin_width)
        seal(temporary)


def read(path: Path, windows: pd.DataFrame) -> Predicted:
    """Read and check what is predicted of `windows`; a damaged file, or one of other windows, raises BadInput."""
    require_intact(path)
    try:
        with h5py.File(path, "r") as file:
            require_own_content(file, path)
            values = {name: file[name][:] for name in sorted(file)}
            about, made_for = dict(file.attrs), file.attrs["windows"]
            found = Predicted(int(about["fold"]), json.loads(about["tracks"]), int(about["bin"]), values)
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        raise _refused(path, "", f"not readable ({error})") from error
    if made_for != windows_digest(windows):
        raise _refused(path, "windows", "made for other windows")
    for name, each in values.items():
        if len(each) != (windows["fold"] == found.fold).sum() or each.shape[1] != len(found.tracks):
            raise _refused(path, name, f"shape {each.shape} is not that of the windows of fold {found.fold}")
        if not (np.isfinite(each) & (each >= 0)).all():
            raise _refused(path, name, "holds a value that is no signal")
    return found


def _refused(path: Path, place: str, reason: str) -> BadInput:
    return BadInput(path, place, reason, "Remove the file and run its rule again.")
