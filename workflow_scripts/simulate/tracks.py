"""Stranded NET-seq and PRO-seq signal at single bases, with planted pausing.

A gene's polymerase has one density over its body and a pausing index times as much in its pause
window, TSS+20 to TSS+120 (the window of PEPPRO, `pipelines/peppro.py`); a weak tail follows its end, and
a weak background runs against its direction. Reads of a base are Poisson numbers around that.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyBigWig

from workflow_scripts.contracts import truth
from workflow_scripts.simulate.genes import Gene

PAUSE = (20, 120)  # bp from the TSS
TAIL = (300, 0.1)  # bp after the end of the gene, and the density there as a share of the body's
ANTISENSE = 0.03  # density against the gene's direction, as a share of the body's
READS_SD = 0.6  # of the logarithm of a gene's reads
INDEX = (np.log(8), 0.7)  # of the logarithm of the pausing index of NET-seq: mean, sd
BETWEEN_ASSAYS = (0.3, 0.3)  # of the log ratio of the index in PRO-seq to that in NET-seq: mean, sd


class Assay(NamedTuple):
    """How an assay's files are written."""

    name: str
    chromosome_prefix: str
    minus_sign: int


class Polymerase(NamedTuple):
    """Truth of one assay, one number a gene."""

    pausing_index: np.ndarray
    body_density: np.ndarray  # reads a bp


ASSAYS = (Assay("netseq", "", 1), Assay("proseq", "chr", -1))


def make_polymerase(rng: np.random.Generator, genes: list[Gene], reads_per_gene: float) -> dict[str, Polymerase]:
    """Draw pausing indices and body densities, so that a gene has `reads_per_gene` reads on average."""
    log_index = rng.normal(*INDEX, len(genes))
    reads = reads_per_gene * rng.lognormal(-(READS_SD**2) / 2, READS_SD, len(genes))
    lengths = np.array([_transcribed(gene) for gene in genes])
    found = {}
    for assay in ASSAYS:
        index = np.exp(log_index)
        found[assay.name] = Polymerase(index, reads / (lengths + (index - 1) * (PAUSE[1] - PAUSE[0])))
        log_index = log_index + rng.normal(*BETWEEN_ASSAYS, len(genes))
    return found


def _transcribed(gene: Gene) -> int:
    """bp from the TSS to the end of the gene."""
    return gene.end - gene.tss if gene.strand == "+" else gene.tss + 1 - gene.start


def expected_signal(
    genes: list[Gene], polymerase: Polymerase, sizes: dict[str, int]
) -> dict[tuple[str, str], np.ndarray]:
    """Expected reads of each base, float64, for each (chromosome, strand)."""
    signal = {(chrom, strand): np.zeros(size) for chrom, size in sizes.items() for strand in "+-"}
    for gene, index, density in zip(genes, *polymerase, strict=True):
        # views in the direction of transcription, from the TSS on
        forward = gene.strand == "+"
        sense = signal[gene.chrom, gene.strand]
        sense = sense[gene.tss :] if forward else sense[gene.tss :: -1]
        length = _transcribed(gene)
        sense[:length] += density
        sense[PAUSE[0] : PAUSE[1]] += density * (index - 1)
        sense[length : length + TAIL[0]] += density * TAIL[1]
        signal[gene.chrom, "-" if forward else "+"][gene.start : gene.end] += density * ANTISENSE
    return signal


def write_tracks(
    rng: np.random.Generator, signal: dict[tuple[str, str], np.ndarray], assay: Assay, plus: Path, minus: Path
) -> None:
    """Draw the reads of one assay and write both strands as bigWig; bases without reads are left out."""
    for strand, sign, path in (("+", 1, plus), ("-", assay.minus_sign, minus)):
        path.parent.mkdir(parents=True, exist_ok=True)
        chosen = {f"{assay.chromosome_prefix}{chrom}": found for (chrom, of), found in signal.items() if of == strand}
        with pyBigWig.open(str(path), "w") as file:
            file.addHeader([(chrom, len(expected)) for chrom, expected in chosen.items()])
            for chrom, expected in chosen.items():
                reads = rng.poisson(expected)
                covered = np.flatnonzero(reads)
                if len(covered):
                    file.addEntries(chrom, covered, values=sign * reads[covered].astype(float), span=1)


def write_truth(genes: list[Gene], planted: dict[str, Polymerase], folder: Path) -> None:
    """Write `pausing.tsv`: the planted values of every protein-coding gene in each assay."""
    rows = [
        (gene.gene_id, assay, f"{index:.6f}", f"{density:.8f}")
        for assay, found in planted.items()
        for gene, index, density in zip(genes, *found, strict=True)
        if gene.biotype == "protein_coding"
    ]
    truth.write("pausing", rows, folder)
