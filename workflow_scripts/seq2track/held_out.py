"""Folds held out, as every score of them sees them: what was measured, and what a run and all baselines say of it.

Shapes: W windows of a fold, T tracks (both strands of each), N bins.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from workflow_scripts.contracts import comparisons as comparisons_table
from workflow_scripts.contracts import metrics as metrics_table
from workflow_scripts.contracts import predicted_tracks
from workflow_scripts.contracts.predicted_tracks import Predicted
from workflow_scripts.contracts.track_store import TrackStore
from workflow_scripts.evaluation.comparisons import compare
from workflow_scripts.io.errors import BadInput
from workflow_scripts.seq2track import scoring
from workflow_scripts.seq2track.reading import SHUFFLED


class HeldOut(NamedTuple):
    """One fold."""

    fold: int
    rows: np.ndarray  # (W,) int64, of the table of windows
    windows: list[str]  # their names
    signal: np.ndarray  # (W, T, N) float32
    mask: np.ndarray  # (W, T, N) bool, True where the signal counts
    mine: Predicted  # of the run
    theirs: Predicted  # of baselines

    def said(self, run: str, track: int) -> dict[str, np.ndarray]:
        """What every model says (W, 2, N) of the two strands that begin with `track`."""
        pair = slice(track, track + 2)
        found = scoring.of_run(self.mine, run, track) | {SHUFFLED: self.mine.values[SHUFFLED][:, pair]}
        return found | {name: values[:, pair] for name, values in self.theirs.values.items()}


def folds(table: pd.DataFrame, store: TrackStore, predicted: list[Path], baselines: list[Path]) -> Iterator[HeldOut]:
    """Yield each fold of PredictedTracks of a run and of baselines, which stand in the same order.

    Raises BadInput on files of different folds or tracks.
    """
    for own, others in zip(predicted, baselines, strict=True):
        mine, theirs = (predicted_tracks.read(path, table) for path in (own, others))
        if mine.fold != theirs.fold or mine.tracks != theirs.tracks or mine.tracks != store.tracks:
            raise BadInput(own, "fold or tracks", f"are not those of {others}", "Run both rules again.")
        rows = np.flatnonzero(table["fold"] == mine.fold)
        names = (table["chrom"] + ":" + table["start"].astype(str)).iloc[rows].tolist()
        yield HeldOut(mine.fold, rows, names, *store.rows(rows), mine, theirs)


def write_scores(
    rows: list[dict[str, Any]], own: list[str], ceilings: Collection[str], metrics: Path, comparisons: Path
) -> None:
    """Write Metrics of Replicates as means over folds, and on each of several, and Comparisons of the models `own`.

    rows: datasets are `TRACK, fold NUMBER`; ceilings: models that are no baselines.
    """
    replicates = pd.DataFrame(rows)
    track, fold = (replicates["dataset"].str.rpartition(", fold ")[of] for of in (0, 2))
    means = [scoring.mean_over_folds(replicates[track == name], name) for name in track.unique()]
    replicates = pd.concat([*means, replicates][: None if fold.nunique() > 1 else -1], ignore_index=True)
    order = ["task", "dataset", "split", "level", "metric", "model"]
    metrics_table.write(replicates[list(metrics_table.SCHEMA.columns)].sort_values(order), metrics)
    mine = replicates["model"].isin(own)
    others = ~mine & ~replicates["model"].isin(ceilings)
    comparisons_table.write(compare(replicates[mine], replicates[others], metrics), comparisons)
