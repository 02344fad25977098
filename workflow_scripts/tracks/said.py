"""What models say of windows, as signal along chromosomes."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts import genome, predicted_tracks, track_store
from workflow_scripts.tracks import exported
from workflow_scripts.tracks.runs import Runs

log = logging.getLogger(__name__)


class Said:
    """Expected sums of one strand of one track in bins of windows, each spread evenly over the bases of its bin.

    Bases of no window, and of bins that do not lie within the chromosome as a whole, have no signal: they are not 0.
    """

    def __init__(self, windows: pd.DataFrame, values: np.ndarray, bin: int, lengths: dict[str, int]) -> None:
        """windows: chrom, start (bp); values: sums (windows, bins) float32; bin, lengths of chromosomes: bp."""
        self._windows, self._values, self._bin, self.lengths = windows, values, bin, lengths

    def runs(self, chrom: str) -> Iterator[Runs]:
        """The bins of a chromosome, in order."""
        here = np.flatnonzero(self._windows["chrom"] == chrom)
        first = self._windows["start"].to_numpy("int64")[here]
        here, first = here[np.argsort(first)], np.sort(first)
        start = (first[:, None] + self._bin * np.arange(self._values.shape[1])).ravel()
        within = start + self._bin <= self.lengths[chrom]
        if within.any():
            value = self._values[here].ravel().astype(np.float64) / self._bin
            yield Runs(start[within], start[within] + self._bin, value[within])


def export(
    windows: Path,
    predicted: list[Path],
    chromosomes: Path,
    plus: Path,
    minus: Path,
    *,
    track: str,
    run: str,
    naming: str,
) -> None:
    """Write what `run` says of one track, in PredictedTracks of one fold of `windows` each, as two bigWigs.

    naming: of chromosomes, see `exported.names_of`; what is said of one without a name, of which browsers can show
    nothing, is left out, and the log says so.
    """
    table, known = track_store.read_windows(windows), genome.read(chromosomes)
    names = exported.names_of(known, naming)
    lengths = {chrom: length for chrom, length in known.lengths.items() if chrom in names}
    folds = [predicted_tracks.read(path, table) for path in predicted]
    rows = pd.concat([table[table["fold"] == each.fold] for each in folds])
    if unnamed := sorted({*rows["chrom"]} - {*names}):
        log.warning("left out, without a known name at UCSC: %s", ", ".join(unnamed))
    for strand, target in (("plus", plus), ("minus", minus)):
        place = [(of["name"], of["strand"]) for of in folds[0].tracks].index((track, strand))
        values = np.concatenate([each.values[run][:, place] for each in folds])
        said = Said(rows, values, folds[0].bin, lengths)
        exported.write(said, predicted[0], names, strand, target)
