"""Attributions: what each base of some regions adds to what models say of a track, read in the direction of the region.

`results/seq2track/attributions/{attribution}/attributions.h5`, R regions of L bp:

- scores: float32, R x L x 4: what A, C, G and T would add at each place, by the method; the attribution of a place is
  the score of the base that is there.
- bases: uint8, R x L: which one that is, 0 to 3; 4 is unknown, and its attribution 0.
- shuffled: float32, R x L: attributions, by the same method, of a copy of the region with its dinucleotides shuffled.
- name (unique), chrom, start, end (bp, 0-based half-open), strand (`+` or `-`), fold (int64: that of the model, which
  has not seen it; -1 where all models are averaged, some of which have), signal (float64: what the models expect, in
  the units of the TrackStore, summed over the bins of the target), baseline (float64: logarithm of the same of shuffled
  regions, a mean; NaN where the method has none): one of each a region.
- attributes: run, track, method, upstream and downstream (bp: the bins of the target around the centre of the region,
  which is the first base downstream).

Strand and places of scores are those of the region: the first is its first base in its own direction. The file ends
with a seal.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np
import pandas as pd

from workflow_scripts.io.bases import UNKNOWN
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import replacing
from workflow_scripts.io.hdf5 import require_own_content
from workflow_scripts.io.seal import require_intact, seal

TEXT = ("name", "chrom", "strand")
COLUMNS = {
    "name": str,
    "chrom": str,
    "start": "int64",
    "end": "int64",
    "strand": str,
    "fold": "int64",
    "signal": "float64",
    "baseline": "float64",
}
ABOUT = ("run", "track", "method", "upstream", "downstream")


class Attributions(NamedTuple):
    """What `read` returns, and `write` takes."""

    regions: pd.DataFrame  # `COLUMNS`
    scores: np.ndarray  # R x L x 4, float32
    bases: np.ndarray  # R x L, uint8
    shuffled: np.ndarray  # R x L, float32
    about: dict[str, Any]  # `ABOUT`

    @property
    def attribution(self) -> np.ndarray:
        """That of each place, R x L float32."""
        return of_bases(self.scores, self.bases)


def of_bases(scores: np.ndarray, bases: np.ndarray) -> np.ndarray:
    """The scores (..., L, 4) of the bases (..., L) that are there, 0 of unknown ones."""
    known = bases != UNKNOWN
    there = np.take_along_axis(scores, np.where(known, bases, 0)[..., None].astype(np.int64), -1)[..., 0]
    return np.where(known, there, 0)


def validate(found: Attributions, where: Path | str = "Attributions") -> None:
    """Raise BadInput unless the parts fit each other and every score is a number."""

    def refuse(place: str, reason: str) -> BadInput:
        return BadInput(where, place, reason, "Remove the file and run its rule again.")

    regions, scores, bases, shuffled, about = found
    if (*bases.shape, 4) != scores.shape or shuffled.shape != bases.shape or len(regions) != len(bases):
        reason = f"shape {scores.shape} does not fit {len(regions)} regions and bases {bases.shape}"
        raise refuse("scores", reason)
    if not (regions["end"] - regions["start"] == bases.shape[1]).all() or not regions["strand"].isin(["+", "-"]).all():
        raise refuse("regions", "are not of the width of their bases, on one strand each")
    if not (np.isfinite(scores).all() and np.isfinite(shuffled).all() and (regions["signal"] > 0).all()):
        raise refuse("scores", "hold what is no number, or the signal is none")
    if regions["name"].duplicated().any():
        raise refuse("name", "is that of several regions")
    if (bases > UNKNOWN).any():
        raise refuse("bases", "hold what is no base")
    if missing := set(ABOUT) - set(about):
        raise refuse(min(missing), "is missing")


def write(found: Attributions, path: Path) -> None:
    """Write attributions that are valid."""
    validate(found, path)
    with replacing(path) as temporary:
        with h5py.File(temporary, "w", libver="latest") as file:
            for name, values in (("scores", found.scores), ("bases", found.bases), ("shuffled", found.shuffled)):
                file.create_dataset(name, data=values, compression="lzf", chunks=(1, *values.shape[1:]))
            for name in COLUMNS:
                values = found.regions[name]
                of = h5py.string_dtype() if name in TEXT else COLUMNS[name]
                file.create_dataset(name, data=values.tolist(), dtype=of)
            file.attrs.update(found.about)
        seal(temporary)


def read(path: Path) -> Attributions:
    """Read and check attributions; a damaged file raises BadInput."""
    require_intact(path)
    try:
        with h5py.File(path, "r") as file:
            require_own_content(file, path)
            columns = {name: file[name].asstr()[:] if name in TEXT else file[name][:] for name in COLUMNS}
            arrays = (file[name][:] for name in ("scores", "bases", "shuffled"))
            about = {name: value.item() if hasattr(value, "item") else value for name, value in file.attrs.items()}
            found = Attributions(pd.DataFrame(columns), *arrays, about)
    except (OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise BadInput(path, "", f"not readable ({error})", "Remove the file and run its rule again.") from error
    validate(found, path)
    return found
