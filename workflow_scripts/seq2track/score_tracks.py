"""How well a run predicts tracks of folds that it has not seen, beside every baseline on the same bins and genes."""

from workflow_scripts.rule import run

import logging
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts import comparisons as comparisons_table
from workflow_scripts.contracts import gene_bodies, predicted_tracks, track_store
from workflow_scripts.contracts import metrics as metrics_table
from workflow_scripts.evaluation.comparisons import compare
from workflow_scripts.evaluation.models import LEVELED
from workflow_scripts.io.errors import BadInput
from workflow_scripts.seq2track import genes, scoring
from workflow_scripts.seq2track.reading import SHUFFLED

log = logging.getLogger(__name__)


def score_tracks(
    *,
    windows: Path,
    targets: Path,
    bodies: Path,
    predicted: list[Path],
    baselines: list[Path],
    metrics: Path,
    comparisons: Path,
    spec: dict,
    run: str,
    values: list,
) -> None:
    """Write Metrics of a run and of all baselines on each fold and as means over folds, and Comparisons of the run.

    The run is scored as it is, and with each annotated gene rescaled to the level that boosted trees say.

    predicted, baselines: PredictedTracks, of the same folds in the same order. A dataset is a track, or a track on one
    fold. values: what the values of each track are; the ceiling of counting is of `counts` alone, and no baseline.
    """
    table = track_store.read_windows(windows)
    store = track_store.TrackStore(targets, table)
    bodies_table, _ = gene_bodies.read(bodies)
    rows = []
    for own, others in zip(predicted, baselines, strict=True):
        mine, theirs = (predicted_tracks.read(path, table) for path in (own, others))
        if mine.fold != theirs.fold or mine.tracks != theirs.tracks or mine.tracks != store.tracks:
            raise BadInput(own, "fold or tracks", f"are not those of {others}", "Run both rules again.")
        held_out = np.flatnonzero(table["fold"] == mine.fold)
        signal, mask = store.rows(held_out)
        placed = genes.place(bodies_table, table, held_out, store.bin, store.bins)
        names = (table["chrom"] + ":" + table["start"].astype(str)).iloc[held_out].tolist()
        log.info("fold %d: %d windows, %d genes", mine.fold, len(held_out), len(placed))
        for number, kind in enumerate(values):
            track = 2 * number
            pair = slice(track, track + 2)
            said = scoring.of_run(mine, run, track) | {SHUFFLED: mine.values[SHUFFLED][:, pair]}
            said |= {name: each[:, pair] for name, each in theirs.values.items()}
            said[run + LEVELED] = scoring.with_levels(said[run], said[scoring.LEVELS], placed)
            row = {"dataset": f"{store.tracks[track]['name']}, fold {mine.fold}", "split": "test"}
            rows += scoring.score(
                said, signal[:, pair], mask[:, pair], placed, names, store.bin, spec, kind == "counts", **row
            )
    replicates = pd.DataFrame(rows)
    track = replicates["dataset"].str.rpartition(", fold ")[0]
    means = [scoring.mean_over_folds(replicates[track == name], name) for name in track.unique()]
    replicates = pd.concat([*means, replicates], ignore_index=True)
    order = ["task", "dataset", "split", "level", "metric", "model"]
    metrics_table.write(replicates[list(metrics_table.SCHEMA.columns)].sort_values(order), metrics)
    mine = replicates["model"].isin([run, run + LEVELED])
    others = ~mine & (replicates["model"] != scoring.CEILING)
    comparisons_table.write(compare(replicates[mine], replicates[others], metrics), comparisons)


if "snakemake" in globals():
    run(score_tracks, snakemake)  # noqa: F821
