"""Genes as bins of some windows: which bins a gene has, in its own direction, and what signal they hold.

Signal of one track is flat here: (2, W x N), the plus strand first, bins of window after window. A bin belongs to a
gene if all of its bases do, from the start of transcription to the end of the gene.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from workflow_scripts.evaluation.tracks import GeneValues

LEAST_BINS = 4  # that count, of a pause window, of a body and of a profile
PSEUDO = 1.0  # signal that is added to that of a gene, of its pause and its body, so that logarithms are defined


class Placed(NamedTuple):
    """A gene whose bins are all in the windows at hand; its bins in its direction."""

    gene_id: str
    side: int  # 0 on the plus strand, 1 on the minus strand
    bins: np.ndarray  # (n,) int64, places in flat signal
    distance: np.ndarray  # (n,) int64, bp from the start of transcription to the near end of each bin
    chrom: str
    tss: int
    end: int  # of transcription: one base on, in the gene's direction (on the minus strand below its last base)
    after: np.ndarray  # (m,) int64, places in flat signal of the bins after it, up to another gene on its strand


def place(
    bodies: pd.DataFrame, windows: pd.DataFrame, rows: np.ndarray, bin: int, bins: int, beyond: int = 0
) -> list[Placed]:
    """The genes of GeneBodies that lie within the windows `rows`; the first of these has the first `bins` flat bins.

    bin in bp; bins of a window, which begins at a multiple of its width. beyond: how far after a gene bins are told
    (bp), of those in these windows.
    """
    width = bin * bins
    at = {
        (chrom, start // width): number
        for number, (chrom, start) in enumerate(
            zip(windows["chrom"].iloc[rows], windows["start"].iloc[rows], strict=True)
        )
    }
    found = []
    bodies = bodies[bodies["placed"]].reset_index(drop=True)
    for gene, alone in zip(bodies.itertuples(index=False), _alone_for(bodies), strict=True):
        forward = gene.strand == "+"
        first, last = (gene.tss, gene.end) if forward else (gene.start, gene.tss + 1)
        inside = np.arange(-(-first // bin), last // bin)  # numbers of whole bins on the chromosome
        window = [at.get((gene.chrom, number)) for number in range(first // width, (last - 1) // width + 1)]
        if not len(inside) or None in window:
            continue
        flat = np.array(window)[inside // bins - first // width] * bins + inside % bins
        beside = (divmod(number, bins) for number in _beyond(gene, int(min(beyond, alone)), bin))
        after = [at[gene.chrom, of] * bins + place for of, place in beside if (gene.chrom, of) in at]
        distance = inside * bin - gene.tss if forward else gene.tss + 1 - (inside + 1) * bin
        step = 1 if forward else -1
        end = gene.end if forward else gene.start - 1
        found.append(
            Placed(
                gene.gene_id,
                int(not forward),
                flat[::step],
                distance[::step],
                gene.chrom,
                int(gene.tss),
                int(end),
                np.array(after, int),
            )
        )
    return found


def _beyond(gene: Any, reach: int, bin: int) -> range:
    """The numbers of the whole bins within `reach` bp after the end of a gene, in its direction."""
    if gene.strand == "+":
        return range(-(-gene.end // bin), (gene.end + reach) // bin)
    return range(gene.start // bin - 1, -(-(gene.start - reach) // bin) - 1, -1)


def _alone_for(bodies: pd.DataFrame) -> np.ndarray:
    """How far (bp, float64) after its end each gene meets no other on its strand; 0 where its end lies in another."""
    found = np.full(len(bodies), np.inf)
    for (_, strand), rows in bodies.groupby(["chrom", "strand"]).indices.items():
        start, end = (bodies[name].to_numpy()[rows] for name in ("start", "end"))
        if strand == "-":  # as if the chromosome ran the other way
            start, end = -end, -start
        order = np.argsort(start)
        reached = np.maximum.accumulate(end[order])
        before = np.searchsorted(start[order], end)  # genes that begin before the end of each, itself among them
        following = np.append(start[order], np.inf)[before]
        found[rows] = np.where(reached[before - 1] > end, 0, following - end)
    return found


def chosen(genes: list[Placed], signal: np.ndarray, mask: np.ndarray) -> list[Placed]:
    """Genes with any signal, and enough bins that count. signal, mask: flat, of one track."""

    def counts(gene: Placed) -> bool:
        kept = gene.bins[mask[gene.side, gene.bins]]
        return len(kept) >= LEAST_BINS and signal[gene.side, kept].sum() > 0

    return [gene for gene in genes if counts(gene)]


def values(
    genes: list[Placed], predicted: np.ndarray, signal: np.ndarray, mask: np.ndarray, bin: int, spec: dict[str, Any]
) -> GeneValues:
    """What is known of these genes; predicted, signal, mask: flat, of one track; spec: `seq2track/evaluation`.

    Only bins that count are looked at. Profile, pausing and readthrough are of genes with signal of `min_signal`. A
    profile that is predicted to be even says nothing: its r is 0. `PSEUDO` is added to the signal of a gene, of its
    pause window, of its body and of what is after it, all of whole bins.
    """
    rows = []
    for gene in genes:
        kept = mask[gene.side, gene.bins]
        own, distance = gene.bins[kept], gene.distance[kept]
        true, said = signal[gene.side, own].astype(float), predicted[gene.side, own].astype(float)
        length = abs(gene.end - gene.tss)
        pause = distance + bin <= spec["pause_end"]
        body = (distance >= spec["body_start"]) & (distance + bin <= length - spec["body_end_trim"])
        loud = true.sum() >= spec["min_signal"]
        measured = loud and min(pause.sum(), body.sum()) >= LEAST_BINS
        level = [np.log((of.sum() + PSEUDO) / (len(of) * bin)) for of in (true, said)]
        whole = distance // spec["coarse"]
        coarse = [np.bincount(whole, of)[np.bincount(whole) == spec["coarse"] // bin] for of in (true, said)]
        index = [np.log2(_density(of[pause]) / _density(of[body])) if measured else np.nan for of in (true, said)]
        inner = [np.log(_density(of[body]) / bin) if body.sum() >= LEAST_BINS else np.nan for of in (true, said)]
        beyond = [of[gene.side, gene.after[mask[gene.side, gene.after]]] for of in (signal, predicted)]
        ended = loud and min(body.sum(), len(beyond[0])) >= LEAST_BINS
        past = [
            np.log2(_density(of) / _density(own[body])) if ended else np.nan
            for of, own in zip(beyond, (true, said), strict=True)
        ]
        profiles = [profile_pearson(*pair) if loud else np.nan for pair in ((said, true), coarse[::-1])]
        rows.append([*level, *profiles, *index, *inner, *past])
    return GeneValues(*np.array(rows, float).reshape(len(genes), len(GeneValues._fields)).T)


def _density(signal: np.ndarray) -> float:
    """Signal of a bin."""
    return (signal.sum(dtype=float) + PSEUDO) / len(signal)


def profile_pearson(predicted: np.ndarray, true: np.ndarray) -> float:
    """Pearson's r over bins; NaN where the true profile is even or short, 0 where the predicted one is even."""
    if len(true) < LEAST_BINS or np.ptp(true) == 0:
        return np.nan
    if np.ptp(predicted) <= 1e-9 * np.abs(predicted).max():
        return 0.0
    return float(np.corrcoef(predicted, true)[0, 1])
