"""Metagenes: signal along genes that are scaled to one length, as deepTools `computeMatrix scale-regions` defines them.

computeMatrix asks its bigWigs gene by gene, as Python numbers; here all bins of all genes are summed in one pass
over each file. The matrix is deepTools' own object, and written by it, so that plotHeatmap, plotProfile and
computeMatrixOperations take it.
"""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
from deeptools import heatmapper

from workflow_scripts.tracks.sealed_bigwig import SealedBigWig

np.seterr(**heatmapper.old_settings)  # deepTools silences numpy for all who import it

CEILING = 99  # percentile of genes


def bin_borders(start: np.ndarray, end: np.ndarray, left: int, right: int, spec: dict) -> np.ndarray:
    """Borders of the bins of each gene, with flanks of `left` and `right` bp: genes x (bins + 1), bp, int64.

    Every body has as many bins as one of `spec["body"]` bp, a base or more each, their borders rounded down as
    deepTools does, which counts bases from the start of the left flank.
    """
    bins, length = spec["body"] // spec["bin"], (end - start)[:, None]
    before = np.arange(0, left, spec["bin"])
    body = np.linspace(left, left + end - start, bins, endpoint=False, dtype=np.int64, axis=1)
    after = np.arange(left, left + right + 1, spec["bin"])
    along = np.hstack([np.broadcast_to(before, (len(start), len(before))), body, length + after])
    return start[:, None] - left + along


def scaled_signal(genes: pd.DataFrame, plus: SealedBigWig, minus: SealedBigWig, spec: dict) -> np.ndarray:
    """Mean signal per bp in each bin: genes x 2 (sense, antisense) x bins from 5' to 3', float64.

    Bases without signal count 0, as those beyond the ends of the chromosome do.
    """
    flanks = {"+": (spec["upstream"], spec["downstream"]), "-": (spec["downstream"], spec["upstream"])}
    bins = (spec["upstream"] + spec["body"] + spec["downstream"]) // spec["bin"]
    values = np.empty((len(genes), 2, bins))
    for strand, tracks, direction in (("+", (plus, minus), 1), ("-", (minus, plus), -1)):
        rows = np.flatnonzero(genes["strand"] == strand)
        chrom, start, end = (genes[name].to_numpy()[rows] for name in ("chrom", "start", "end"))
        borders = bin_borders(start, end, *flanks[strand], spec)
        length = np.array([plus.lengths[name] for name in chrom], np.int64)[:, None]
        first, last = (np.clip(side, 0, length).ravel() for side in (borders[:, :-1], borders[:, 1:]))
        for side, track in enumerate(tracks):
            sums = track.sums(np.repeat(chrom, bins), first, last).reshape(-1, bins)
            values[rows, side] = (sums / np.diff(borders))[:, ::direction]
    return values


def write_matrix(genes: pd.DataFrame, values: np.ndarray, tracks: list[str], spec: dict, path: Path) -> None:
    """Write `values`, genes x tracks x 2 (sense, antisense) x bins, as a matrix of deepTools, two samples a track."""
    columns = genes[["chrom", "start", "end", "gene_id", "strand"]].itertuples(index=False)
    regions = [[chrom, [(start, end)], name, 0, strand, 0] for chrom, start, end, name, strand in columns]
    samples = [f"{track}.{direction}" for track in tracks for direction in ("sense", "antisense")]
    borders = [values.shape[-1] * sample for sample in range(len(samples) + 1)]
    flat = values.reshape(len(genes), -1)
    matrix = heatmapper.heatmapper()
    matrix.matrix = heatmapper._matrix(regions, flat, [0, len(genes)], borders, ["genes"], samples)
    matrix.parameters = {
        "upstream": spec["upstream"],
        "downstream": spec["downstream"],
        "body": spec["body"],
        "bin size": spec["bin"],
        "ref point": None,
        "bin avg type": "mean",
        "missing data as zero": True,
        "nan after end": False,
        "scale": 1,
        "skip zeros": False,
        "min threshold": None,
        "max threshold": None,
        "sort regions": "keep",
        "sort using": "mean",
        "unscaled 5 prime": 0,
        "unscaled 3 prime": 0,
        "proc number": 1,
        "verbose": False,
    }
    matrix.save_matrix(str(path))
    _forget_time(path)


def _forget_time(path: Path) -> None:
    """Pack a gzip file again without the time and the name in its header: equal texts give equal bytes."""
    packed = path.with_name(f"{path.name}.packed")
    with (
        gzip.open(path, "rb") as source,
        packed.open("wb") as target,
        gzip.GzipFile("", "wb", 6, target, mtime=0) as again,
    ):
        shutil.copyfileobj(source, again)
    packed.replace(path)


def mean_profiles(values: np.ndarray) -> np.ndarray:
    """Mean over all genes of genes x tracks x 2 x bins.

    In each bin the genes above the `CEILING` percentile count as if they were at it. Otherwise the figure shows
    the few places with most signal (tRNA and snoRNA genes, artefacts) and nothing of the other genes.
    """
    return np.minimum(values, np.percentile(values, CEILING, axis=0)).mean(axis=0)


def profile_table(profiles: np.ndarray, tracks: list[str], assays: list[str], spec: dict) -> pd.DataFrame:
    """The rows of a Metagene but for `genes`, from profiles of tracks x 2 (sense, antisense) x bins."""
    start = np.arange(-spec["upstream"], spec["body"] + spec["downstream"], spec["bin"])
    region = np.select([start < 0, start < spec["body"]], ["upstream", "gene"], "downstream")
    bins = pd.DataFrame({"region": region, "start": start, "end": start + spec["bin"]})
    parts = [
        bins.assign(track=track, assay=assay, direction=direction, signal=signal)
        for track, assay, of_track in zip(tracks, assays, profiles, strict=True)
        for direction, signal in zip(("sense", "antisense"), of_track, strict=True)
    ]
    columns = ["track", "assay", "direction", "region", "start", "end", "signal"]
    return pd.concat(parts, ignore_index=True)[columns]
