"""What stretches of the genome are, told from predicted tracks, and how well that is what the annotation says."""

from workflow_scripts.rule import run

import logging
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts import gene_bodies, region_classes, track_store
from workflow_scripts.evaluation.classification import score_classes
from workflow_scripts.seq2track import held_out
from workflow_scripts.seq2track import region_classes as classes
from workflow_scripts.seq2track import starts as calling
from workflow_scripts.seq2track.reading import SHUFFLED
from workflow_scripts.seq2track.track_baselines import OF_SEQUENCE, flatten

MEASURED = "measured_tracks"

log = logging.getLogger(__name__)


def classify_regions(
    *,
    windows: Path,
    targets: Path,
    bodies: Path,
    predicted: list[Path],
    baselines: list[Path],
    regions: Path,
    metrics: Path,
    comparisons: Path,
    spec: dict,
    run: str,
) -> None:
    """Write RegionClasses of a run, Metrics of it, of baselines and of the measured tracks, and Comparisons.

    predicted, baselines: PredictedTracks, of the same folds in the same order; spec: `seq2track/region_classes`. All
    tracks tell together. Classes of a block of windows of a fold are learned on its other blocks, by the same
    classifier for every model. Baselines that read where genes are do not take part; measured tracks are no ceiling,
    for they have noise. Raises BadInput on files of different folds or tracks.
    """
    table = track_store.read_windows(windows)
    store = track_store.TrackStore(targets, table)
    genes, _ = gene_bodies.read(bodies)
    scores, told = [], []
    for held in held_out.folds(table, store, predicted, baselines):
        ground = calling.lay_out(table, held.rows, store.bin, store.bins)
        stretches = classes.cut(ground, spec["width"] // store.bin)
        mask = flatten(held.mask)
        kept = classes.counted(mask, stretches)
        labels = classes.label(genes, stretches, spec)[kept]
        window = np.tile(stretches.bins[:, 0] // store.bins, (2, 1))[kept]
        blocks = np.arange(len(held.rows)) * spec["blocks"] // len(held.rows)  # windows stand along the genome
        log.info("fold %d: %s", held.fold, pd.Series(labels).value_counts().to_dict())
        for model, values in _models(held, run).items():
            found = classes.tell(classes.features(flatten(values), mask, stretches)[kept], labels, blocks[window])
            row = {"model": model, "dataset": f"all tracks, fold {held.fold}", "split": "test"}
            scores += score_classes(labels, found, np.array(held.windows)[window], spec, **row)
            if model == run:
                side, of = np.nonzero(kept)
                start = np.round(stretches.middle[of] - (spec["width"] - 1) / 2).astype(np.int64)
                place = {"fold": held.fold, "chrom": stretches.chrom[of], "start": start, "end": start + spec["width"]}
                told.append(pd.DataFrame({**place, "strand": np.array(["+", "-"])[side]}))
                told[-1] = told[-1].assign(label=labels, predicted=found)
    region_classes.write(pd.concat(told, ignore_index=True), regions)
    held_out.write_scores(scores, [run], [], metrics, comparisons)


def _models(held: held_out.HeldOut, run: str) -> dict[str, np.ndarray]:
    """What every model says of all tracks (W, 2T, N)."""
    mine = {name: held.mine.values[name] for name in (run, SHUFFLED)}
    return mine | {name: held.theirs.values[name] for name in OF_SEQUENCE} | {MEASURED: held.signal}


if "snakemake" in globals():
    run(classify_regions, snakemake)  # noqa: F821
