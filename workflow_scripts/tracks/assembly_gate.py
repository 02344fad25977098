"""Does the signal of a track follow the genes? Where they are, against where they are not.

Text tracks carry no lengths of chromosomes, so nothing else tells that a track was made with another assembly. Sums
of signal cannot: in many tracks a hundred places (tRNA genes, artefacts) hold half of it, and a gene or two that
happen to lie on one make any ratio of the strands. So every gene counts once: the *excess* is the share of genes
with more sense than antisense signal, less the share of those with less. By chance it is near 0, at any depth
and however signal clusters, since a cluster lies on genes of both strands.

What chance gives is measured: all genes are moved along their chromosomes, as on circles, by the same part of the
length of each. Genes that the shortest move would not take off their own place are left out. The excess in place has
to stand above those of the moves by `CLEAR` of their standard deviations. Yeast NET-seq does by 50, human PRO-cap of
one chromosome by 10, 300 genes of yeast by 10; displaced by more than a gene, or mirrored, none does by 3.5. Whole
genes are taken, whatever the assay: starts alone would have hardly any signal on another assembly, as little as those
of a track of few reads.
"""

from __future__ import annotations

import logging
from typing import NamedTuple

import numpy as np

from workflow_scripts.io.errors import BadInput
from workflow_scripts.tracks.sealed_bigwig import SealedBigWig
from workflow_scripts.tracks.strand_gate import Regions, count

log = logging.getLogger(__name__)

MOVES = 20
ENOUGH = 200  # genes with more signal on one strand: of 2,000 draws of so many real ones the least stood out by 4.9
CLEAR = 4  # standard deviations


class Excess(NamedTuple):
    """Of `genes` genes: `in_place`, and mean and standard deviation over the moves; NaN where genes are too few."""

    genes: int
    in_place: float
    moved: float
    moved_sd: float


def measure_excess(genes: Regions, plus: SealedBigWig, minus: SealedBigWig) -> Excess:
    """The excess of whole genes in place and moved."""
    length = np.array([plus.lengths[name] for name in genes.chrom])
    kept = (genes.end - genes.start) * (MOVES + 1) <= length
    moved = move(Regions(*(column[kept] for column in genes)), length[kept])
    sense, antisense = count(moved, plus, minus)
    sign = np.sign(sense - antisense).reshape(MOVES + 1, -1)
    if np.count_nonzero(sign[0]) < ENOUGH:
        return Excess(sign.shape[1], np.nan, np.nan, np.nan)
    in_place, *elsewhere = sign.mean(axis=1)
    return Excess(sign.shape[1], float(in_place), float(np.mean(elsewhere)), float(np.std(elsewhere, ddof=1)))


def move(genes: Regions, length: np.ndarray) -> Regions:
    """The genes in place, then after each move; `length` (bp) of each one's chromosome, at whose end they are cut."""
    offset = np.arange(MOVES + 1)[:, None] * length // (MOVES + 1)
    start = (genes.start + offset) % length
    end = np.minimum(start + genes.end - genes.start, length)
    return Regions(np.tile(genes.chrom, MOVES + 1), start.ravel(), end.ravel(), np.tile(genes.forward, MOVES + 1))


def require_in_place(files: str, excess: Excess) -> None:
    """Raise BadInput unless signal follows the genes more than by chance; genes too few to tell are no fault."""
    if np.isnan(excess.in_place):
        log.info("%s: fewer than %d genes with signal: not checked for a wrong assembly", files, ENOUGH)
    elif excess.in_place <= excess.moved + CLEAR * excess.moved_sd:
        raise BadInput(
            files,
            "",
            f"signal does not follow the genes (with more sense than antisense: an excess of {excess.in_place:.1%} "
            f"of {excess.genes} genes; of genes moved elsewhere, {excess.moved:.1%} +- {excess.moved_sd:.1%}), "
            "as tracks of another assembly do",
            "Take genome, annotation and track of one assembly.",
        )
