"""Starts of transcription called from predicted tracks, and how well they are those of the annotation."""

from workflow_scripts.rule import run

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workflow_scripts.contracts import called_starts, gene_bodies, track_store
from workflow_scripts.evaluation.starts import score_distances, score_ranking
from workflow_scripts.seq2track import held_out
from workflow_scripts.seq2track import starts as calling
from workflow_scripts.seq2track.track_baselines import TOLD, flatten

MEASURED, RANDOM = "measured_track", "random_bins"

log = logging.getLogger(__name__)


def predict_starts(
    *,
    windows: Path,
    targets: Path,
    bodies: Path,
    predicted: list[Path],
    baselines: list[Path],
    starts: Path,
    calls: Path,
    metrics: Path,
    comparisons: Path,
    spec: dict,
    run: str,
) -> None:
    """Write CalledStarts and the BED of all calls of a run, Metrics of it, of baselines and of the measured track.

    predicted, baselines: PredictedTracks, of the same folds in the same order; spec: `seq2track/starts`. Starts are
    annotated ones of genes whose bin, with the bins on either side that a score needs, is held out and counts; all
    models are scored on the same. The measured track is a ceiling and no baseline, and so is what is told where genes
    begin: Comparisons are without them. Raises BadInput on files of different folds or tracks.
    """
    table = track_store.read_windows(windows)
    store = track_store.TrackStore(targets, table)
    genes, _ = gene_bodies.read(bodies)
    scores, told, lines = [], [], []
    for held in held_out.folds(table, store, predicted, baselines):
        ground = calling.lay_out(table, held.rows, store.bin, store.bins)
        window = np.repeat(held.windows, store.bins)
        for track in range(0, len(store.tracks), 2):
            pair = slice(track, track + 2)
            said = held.said(run, track) | {MEASURED: held.signal[:, pair]}
            found = _Fold(store.tracks[track], held.fold, store.bin, ground, genes, flatten(held.mask[:, pair]), spec)
            for model, values in {**said, RANDOM: None}.items():
                score = found.scores(values)
                scores += found.rows(score, window, model)
                if model in (run, MEASURED):
                    told.append(found.table(score, model))
            lines += found.calls(found.scores(said[run]))
    called_starts.write(pd.concat(told, ignore_index=True), starts)
    called_starts.write_bed(lines, calls)
    held_out.write_scores(scores, [run], [MEASURED, *TOLD], metrics, comparisons)


class _Fold:
    """One track on one fold: what is looked for, and where; the same for all models."""

    def __init__(
        self,
        track: dict[str, str],
        fold: int,
        bin: int,
        ground: calling.Ground,
        genes: pd.DataFrame,
        mask: np.ndarray,
        spec: dict[str, Any],
    ) -> None:
        """genes: GeneBodies; mask: flat."""
        self.name, self.number, self.bin = track["name"], fold, bin
        self.ground, self.spec, self.mask = ground, spec, mask
        self.initiation = track["assay"] in track_store.INITIATION
        self.flank = spec["flank"] // bin
        self.has_score = mask if self.initiation else calling.scored(mask, ground, self.flank)
        self.starts = calling.annotated(genes, ground, self.has_score, bin, spec["reach"])
        self.true = calling.at_starts(genes, ground, spec["tolerance"])
        self.random = np.random.default_rng(spec["seed"]).random((2, *mask.shape))
        log.info("%s, fold %d: %d annotated starts", self.name, fold, len(self.starts))

    def scores(self, values: np.ndarray | None) -> np.ndarray:
        """Flat scores of what is said of the track (W, 2, N); random ones of None."""
        if values is None:
            return self.random[1]
        if self.initiation:
            return calling.peaks(flatten(values), self.mask)
        return calling.rises(flatten(values), self.mask, self.ground, self.flank)

    def rows(self, score: np.ndarray, windows: np.ndarray, model: str) -> list[dict[str, Any]]:
        """Rows of Replicates; windows (F,): names."""
        row = {"model": model, "dataset": f"{self.name}, fold {self.number}", "split": "test"}
        kept = self.has_score
        both = np.tile(windows, (2, 1))
        found = score_ranking(score[kept], self.true[kept], both[kept], self.spec, **row) if kept.any() else []
        if not self.starts:
            return found
        own = windows[[start.own for start in self.starts]]
        distance = np.abs(self._nearest(score)[1])
        return found + score_distances(distance, [start.gene_id for start in self.starts], own, self.spec, **row)

    def _nearest(self, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The bin that is called for each start, and its distance (bp)."""
        chosen = calling.highest(self.starts, score, self.random[0])
        pairs = list(zip(self.starts, chosen, strict=True))
        bins = np.array([start.around[one] for start, one in pairs], np.int64)
        return bins, np.array([start.distance[one] for start, one in pairs])

    def table(self, score: np.ndarray, model: str) -> pd.DataFrame:
        """CalledStarts of one model."""
        bins, distance = self._nearest(score)
        side = np.array([start.side for start in self.starts], np.int64)
        columns = {
            "track": self.name,
            "fold": self.number,
            "gene_id": [start.gene_id for start in self.starts],
            "chrom": [start.chrom for start in self.starts],
            "strand": np.array(["+", "-"])[side],
            "tss": np.array([start.tss for start in self.starts], np.int64),
            "model": model,
            "called": self.ground.middle[bins],
            "distance": distance,
            "score": np.round(score[side, bins], 6),
        }
        return pd.DataFrame(columns)

    def calls(self, score: np.ndarray) -> list[tuple[str, int, int, str, int, str, float]]:
        """Lines of the BED, along the genome."""
        chosen = calling.calls(score, self.has_score, self.ground, self.spec["least_score"], self.spec["apart"])
        found = []
        for side, bin in chosen:
            start = round(self.ground.middle[bin] - (self.bin - 1) / 2)
            height = float(score[side, bin])
            shown = round(1000 * (1 - np.exp(-height)))
            place = (str(self.ground.chrom[bin]), start, start + self.bin)
            found.append((*place, self.name, shown, "+-"[side], height))
        return sorted(found)


if "snakemake" in globals():
    run(predict_starts, snakemake)  # noqa: F821
