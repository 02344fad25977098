"""Pause and body windows of genes, which genes can be measured, and pausing indices with their intervals."""

from __future__ import annotations

import logging
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import beta

from workflow_scripts.contracts.polymerase import known_indices
from workflow_scripts.tracks.sealed_bigwig import SealedBigWig

log = logging.getLogger(__name__)

# Why a gene is not measured.
NOT_PLACED = "not nuclear, or not on the genome"
TOO_SHORT = "body too short"
CROWDED = "crowded by another gene"
INITIATION = "initiation assay: no pausing index"


class Windows(NamedTuple):
    """Borders of every gene's two windows: int64, genes, bp on the chromosome, 0-based half-open."""

    pause_start: np.ndarray
    pause_end: np.ndarray
    body_start: np.ndarray
    body_end: np.ndarray

    @property
    def pause_length(self) -> np.ndarray:
        return self.pause_end - self.pause_start

    @property
    def body_length(self) -> np.ndarray:
        return self.body_end - self.body_start


def windows(genes: pd.DataFrame, length: np.ndarray, spec: dict) -> Windows:
    """The pause window, pause_start to pause_end bp after the start of transcription, and the body window,
    from body_start bp after it to body_end_trim bp before the end of the gene.

    Both run along the gene, from its own 5' end, on either strand. They are cut at the ends of the chromosome
    (`length`, genes, bp); a body window of a gene that is too short has length 0. The definition, with 20, 120,
    500 and 0 bp, is that of PEPPRO (peppro.py), which takes the end of the gene as the end of the body.
    """
    forward = genes["strand"].to_numpy() == "+"
    tss = genes["tss"].to_numpy()
    end = np.where(forward, genes["end"] - spec["body_end_trim"], genes["start"] + spec["body_end_trim"])

    def along(first: int | np.ndarray, last: int | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """From `first` to `last` bp after the start of transcription, on the chromosome."""
        start = np.where(forward, tss + first, tss - last + 1)
        stop = np.where(forward, tss + last, tss - first + 1)
        start, stop = np.clip(start, 0, length), np.clip(stop, 0, length)
        return start, np.maximum(start, stop)

    gene_length = np.where(forward, end - tss, tss - end + 1)
    return Windows(
        *along(spec["pause_start"], spec["pause_end"]),
        *along(spec["body_start"], np.maximum(gene_length, spec["body_start"])),
    )


def crowded(genes: pd.DataFrame, regions: Windows) -> np.ndarray:
    """Genes x bool: whose index would count the polymerase of another gene on the same strand.

    True where the pause window overlaps another gene, or another gene's pause window overlaps the body
    window; of such two genes neither can be told from the other. Sorting, so n log n in the number of genes.
    """
    start, end = genes["start"].to_numpy(), genes["end"].to_numpy()
    found = np.zeros(len(genes), bool)
    for rows in genes.groupby(["chrom", "strand"]).indices.values():
        pause = regions.pause_start[rows], regions.pause_end[rows]
        body = regions.body_start[rows], regions.body_end[rows]
        # A gene shorter than its pause window still owns all of it.
        gene = np.minimum(start[rows], pause[0]), np.maximum(end[rows], pause[1])
        others = _overlapping(pause, gene) - 1 + _overlapping(body, pause)
        found[rows] = others > 0
    return found


def _overlapping(queries: tuple[np.ndarray, np.ndarray], intervals: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """How many of `intervals` each query overlaps: those that begin before its end, less those that end before it."""
    begun = np.searchsorted(np.sort(intervals[0]), queries[1], "left")
    ended = np.searchsorted(np.sort(intervals[1]), queries[0], "right")
    return np.where(queries[1] > queries[0], begun - ended, 0)


def ratio_interval(
    count: np.ndarray, length: np.ndarray, other_count: np.ndarray, other_length: np.ndarray, confidence: float
) -> tuple[np.ndarray, np.ndarray]:
    """Exact interval of the ratio of two Poisson rates, count/length over other_count/other_length.

    Given the sum of two Poisson counts, the first is binomial with p = r a / (r a + b), where r is the ratio of
    rates and a, b are the lengths. The Clopper-Pearson interval of p, turned into r = p / (1 - p) * b / a,
    covers r with at least `confidence`. Source: M. P. Fay, Testing the ratio of two Poisson rates, vignette of
    the R package rateratio.test. No pseudo-count: the lower end is 0 without a first count, the upper end
    infinite without a second. All arguments: genes; returns low, high (genes, float64).
    """
    tail = (1 - confidence) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.where(count > 0, beta.ppf(tail, count, other_count + 1), 0.0)
        high = np.where(other_count > 0, beta.isf(tail, count + 1, other_count), 1.0)
        return low / (1 - low) * other_length / length, high / (1 - high) * other_length / length


def count(genes: pd.DataFrame, regions: Windows, plus: SealedBigWig, minus: SealedBigWig) -> dict[str, np.ndarray]:
    """pause_count, body_count (sense) and antisense_count (in the body window) of each gene, float64.

    NaN where a gene is not `placed`. Each file is read once.
    """
    placed = genes["placed"].to_numpy()
    chrom = np.tile(genes["chrom"].to_numpy()[placed], 2)
    start = np.concatenate([regions.pause_start[placed], regions.body_start[placed]])
    end = np.concatenate([regions.pause_end[placed], regions.body_end[placed]])
    forward = genes["strand"].to_numpy()[placed] == "+"
    (pause_plus, body_plus), (pause_minus, body_minus) = (
        file.sums(chrom, start, end).reshape(2, -1) for file in (plus, minus)
    )
    sums = {
        "pause_count": np.where(forward, pause_plus, pause_minus),
        "body_count": np.where(forward, body_plus, body_minus),
        "antisense_count": np.where(forward, body_minus, body_plus),
    }
    counts = {name: np.full(len(genes), np.nan) for name in sums}
    for name, values in sums.items():
        counts[name][placed] = values
    return counts


def features(
    track: str,
    gene_id: pd.Series,
    counts: dict[str, np.ndarray],
    regions: Windows,
    reason: np.ndarray,
    confidence: float,
    values: str,
) -> pd.DataFrame:
    """The polymerase features of one track: one row a gene; index and interval where no `reason` is against it.

    `reason`: genes, text, empty where a gene is measured. `values`: `counts`, where each unit of signal is one
    read, or `coverage`, where a read counts at every base that it covers. Coverage can hold whole numbers, but they
    are not independent, so it gets no interval.
    """
    frame = pd.DataFrame({"gene_id": gene_id, "track": track, **counts})
    frame["pause_length"], frame["body_length"] = regions.pause_length, regions.body_length
    for window in ("pause", "body"):
        length = frame[f"{window}_length"]
        frame[f"{window}_density"] = frame[f"{window}_count"] / length.where(length > 0)
    measured = reason == ""
    body = frame["body_density"].where(measured & (frame["body_density"] > 0))
    frame["pausing_index"] = frame["pause_density"] / body
    frame["ci_low"], frame["ci_high"] = np.nan, np.nan
    frame["measured"], frame["reason"] = measured, reason
    left_out = [f"{genes} {why}" for why, genes in frame.loc[~measured, "reason"].value_counts().items()]
    log.info("%s: %d genes measured; left out: %s", track, measured.sum(), ", ".join(left_out) or "none")
    if not measured.any():
        return frame
    kept = frame.loc[measured, ["pause_count", "pause_length", "body_count", "body_length"]]
    if values == "coverage":
        log.info("%s: is coverage: its indices have no interval", track)
    elif (kept == kept.round()).all(axis=None):
        low, high = ratio_interval(*kept.to_numpy().T, confidence)
        frame.loc[measured, "ci_low"], frame.loc[measured, "ci_high"] = low, high
    else:
        log.warning("%s: has fractional values, which are not counts: its indices have no interval", track)
    index = known_indices(frame)
    log.info("%s: median pausing index %.2f of %d genes", track, index.median(), len(index))
    return frame
