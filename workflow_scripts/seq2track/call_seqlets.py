"""Seqlets of attributed regions, the words that stand in them, and where given motifs stand."""

from workflow_scripts.rule import run

import logging
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts import attributions as attributions_contract
from workflow_scripts.contracts import motif_hits, word_enrichment
from workflow_scripts.contracts import seqlets as seqlets_contract
from workflow_scripts.contracts.attributions import Attributions
from workflow_scripts.io.errors import BadInput
from workflow_scripts.seq2track import motifs as reading
from workflow_scripts.seq2track import seqlets as calling
from workflow_scripts.seq2track import words

log = logging.getLogger(__name__)


def call_seqlets(
    *, attributions: Path, motifs: list[Path], seqlets: Path, enrichment: Path, hits: Path, spec: dict
) -> None:
    """Attributions to Seqlets, WordEnrichment and MotifHits; the last without rows where there are no `motifs` (MEME).

    spec: `seq2track/attributions/{attribution}/seqlets`.
    """
    found, width = attributions_contract.read(attributions), spec["width"]
    limits = calling.thresholds(found.shuffled, width, spec["quantile"])
    means = calling.window_means(found.attribution, width)
    inside = calling.passing(means, width, limits)
    table = calling.table(found, means, width, inside)
    for sign, limit in limits.items():
        share = 100 * float((sign * means > sign * limit).mean())
        expected = 100 * (1 - spec["quantile"])
        log.info("sign %+d: %.2f %% of windows pass, of shuffled ones %.2f %%", sign, share, expected)
    seqlets_contract.write(table, seqlets, width=width, thresholds=limits)

    tests = []
    for sign, of_sign in inside.items():
        counted = words.tested(words.of_kmers(found.bases, of_sign, spec["kmer"]))
        tests.append(counted.assign(kind="kmer", sign=sign))
    listed = [motif for path in motifs for motif in _read(path, spec["max_p"], found)]
    placed = [_hits(motif, orientation, found, inside) for motif in listed for orientation in "+-"]
    for sign in inside if placed else ():
        counts = pd.DataFrame([counts[sign] for _, counts in placed])
        tests.append(words.tested(counts).assign(kind="motif", sign=sign))
    word_enrichment.write(pd.concat(tests, ignore_index=True)[[*word_enrichment.SCHEMA.columns]], enrichment)
    rows = pd.DataFrame([row for of_motif, _ in placed for row in of_motif], columns=[*motif_hits.SCHEMA.columns])
    types = {name: column.dtype.type for name, column in motif_hits.SCHEMA.columns.items()}
    motif_hits.write(rows.astype(types), hits)


def _read(path: Path, max_p: float, found: Attributions) -> list[reading.Motif]:
    listed = reading.read(path, max_p)
    for motif in listed:
        if len(motif.log_odds) > found.bases.shape[1]:
            raise BadInput(path, motif.name, "is longer than the regions", "Leave it out, or give wider regions.")
    return listed


def _hits(
    motif: reading.Motif, orientation: str, found: Attributions, inside: dict[int, np.ndarray]
) -> tuple[list[tuple], dict[int, dict]]:
    """Rows of MotifHits of one orientation, and its counts by sign of seqlets."""
    turned = motif.log_odds if orientation == "+" else reading.other_strand(motif.log_odds)
    scores, width = reading.scores(turned, found.bases), len(turned)
    hit, fits = scores >= motif.threshold, np.isfinite(scores)
    middle = slice(width // 2, width // 2 + scores.shape[1])
    about = {"word": motif.name, "orientation": orientation}
    counts = {sign: {**about, **words.of_hits(hit, fits, of[:, middle])} for sign, of in inside.items()}
    attribution, rows = found.attribution, []
    for number, first in np.argwhere(hit):
        region = found.regions.iloc[number]
        here = slice(first, first + width)
        start, end = calling.on_genome(region, int(first), int(first) + width)
        strand = region["strand"] if orientation == "+" else {"+": "-", "-": "+"}[region["strand"]]
        place = (motif.name, region["name"], region["chrom"], start, end, strand, orientation)
        sign = next((sign for sign, of in inside.items() if of[number, first + width // 2]), 0)
        total = attribution[number, here].sum(dtype=float)
        rows.append((*place, scores[number, first], motif.threshold, total, sign))
    return rows, counts


if "snakemake" in globals():
    run(call_seqlets, snakemake)  # noqa: F821
