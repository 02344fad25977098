"""How well a run predicts tracks of folds that it has not seen, beside every baseline on the same bins and genes."""

from workflow_scripts.rule import run

import logging
from pathlib import Path

from workflow_scripts.contracts import gene_bodies, track_store
from workflow_scripts.evaluation.models import LEVELED
from workflow_scripts.seq2track import genes, held_out, scoring

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

    The run is scored as it is, and with each annotated gene half-way to the level that boosted trees say.

    predicted, baselines: PredictedTracks, of the same folds in the same order. A dataset is a track, or a track on one
    fold. values: what the values of each track are; the ceiling of counting is of `counts` alone, and no baseline.
    """
    table = track_store.read_windows(windows)
    store = track_store.TrackStore(targets, table)
    bodies_table, _ = gene_bodies.read(bodies)
    rows = []
    for held in held_out.folds(table, store, predicted, baselines):
        placed = genes.place(bodies_table, table, held.rows, store.bin, store.bins, spec["readthrough"])
        log.info("fold %d: %d windows, %d genes", held.fold, len(held.rows), len(placed))
        for number, kind in enumerate(values):
            track = 2 * number
            pair = slice(track, track + 2)
            said = held.said(run, track)
            said[run + LEVELED] = scoring.with_levels(said[run], said[scoring.LEVELS], placed)
            row = {"dataset": f"{store.tracks[track]['name']}, fold {held.fold}", "split": "test"}
            signal, mask = held.signal[:, pair], held.mask[:, pair]
            rows += scoring.score(said, signal, mask, placed, held.windows, store.bin, spec, kind == "counts", **row)
    held_out.write_scores(rows, [run, run + LEVELED], [scoring.CEILING], metrics, comparisons)


if "snakemake" in globals():
    run(score_tracks, snakemake)  # noqa: F821
