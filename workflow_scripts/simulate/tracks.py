"""Stranded NET-seq and PRO-seq signal at single bases, with planted pausing.

A gene's polymerase has one density over its body and a pausing index times as much in its pause
window, TSS+20 to TSS+120 (the window of PEPPRO, `pipelines/peppro.py`); a weak tail follows its end, and
a weak background runs against its direction. Promoters (`starts`) tell a part of density and index, chance
the rest. Within each of these stretches bases are preferred by what stands at the 3' end of the RNA and after
it, their sum being kept. Reads of a base are Poisson numbers around that.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyBigWig

from workflow_scripts.contracts import truth
from workflow_scripts.io.bases import COMPLEMENT, encode
from workflow_scripts.simulate.genes import COMPOSITION, Gene

PAUSE = (20, 120)  # bp from the TSS
TAIL = (300, 0.1)  # bp after the end of the gene, and the density there as a share of the body's
ANTISENSE = 0.03  # density against the gene's direction, as a share of the body's
DENSITY_SD = 0.6  # of the logarithm of the body density, over genes
INDEX = (np.log(8), 0.7)  # of the logarithm of the pausing index of NET-seq: mean, sd
BETWEEN_ASSAYS = (0.3, 0.3)  # of the log ratio of the index in PRO-seq to that in NET-seq: mean, sd
# ln of the preference for A, C, G, T at the 3' end of the RNA, and for the base after it: a pyrimidine before a G, as
# where polymerases pause (M. H. Larson et al., Science 344, 1042-1047 (2014)); `base_preference` sets its size.
PREFERENCE = np.array([[-0.5, 1.0, -0.5, 0.5], [-0.3, -0.3, 0.9, -0.3]])

Signal = dict[tuple[str, str], np.ndarray]  # (chromosome, strand): float64, one number a base


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


def make_polymerase(rng: np.random.Generator, genes: list[Gene], told: np.ndarray, spec: dict) -> dict[str, Polymerase]:
    """Draw pausing indices and body densities, so that a gene has `reads_per_gene` reads on average.

    told (genes, 2): what promoters add to the logarithms of density and of the index of NET-seq; spec:
    `simulate/mirror/tracks`, whose shares of the variance these are.
    """
    own_density, own_index = (
        sd * np.sqrt(1 - spec[share]) for sd, share in ((DENSITY_SD, "density_share"), (INDEX[1], "pausing_share"))
    )
    log_index = INDEX[0] + told[:, 1] - told[:, 1].mean() + rng.normal(0, own_index, len(genes))
    density = np.exp(told[:, 0] + rng.normal(0, own_density, len(genes)))
    found = {}
    for assay in ASSAYS:
        index = np.exp(log_index)
        mean = np.mean([signal_of(*each) for each in zip(genes, density, index, strict=True)])
        found[assay.name] = Polymerase(index, density * spec["reads_per_gene"] / mean)
        log_index = log_index + rng.normal(*BETWEEN_ASSAYS, len(genes))
    return found


def signal_of(gene: Gene, density: float, index: float) -> float:
    """Expected reads of a gene, from its TSS to its end, of this body density (reads a bp) and pausing index."""
    return density * (_transcribed(gene) + (index - 1) * (PAUSE[1] - PAUSE[0]))


def _transcribed(gene: Gene) -> int:
    """bp from the TSS to the end of the gene."""
    return gene.end - gene.tss if gene.strand == "+" else gene.tss + 1 - gene.start


def base_preference(bases: dict[str, np.ndarray], sd: float) -> Signal:
    """How much each base is preferred to others; ln of it has this sd over bases of the genome's composition.

    bases: uint8 ASCII by chromosome; an unknown one says nothing.
    """
    mean = PREFERENCE @ COMPOSITION
    spread = np.sqrt(((PREFERENCE - mean[:, None]) ** 2 @ COMPOSITION).sum())
    at, after = np.column_stack([PREFERENCE, mean]) * sd / spread
    found = {}
    for chrom, sequence in bases.items():
        codes = encode(sequence.tobytes().decode())
        other = COMPLEMENT[codes]
        found[chrom, "+"] = np.exp(at[codes] + after[np.append(codes[1:], codes[-1])])
        found[chrom, "-"] = np.exp(at[other] + after[np.append(other[0], other[:-1])])
    return found


def expected_signal(genes: list[Gene], polymerase: Polymerase, preference: Signal) -> Signal:
    """Expected reads of each base for each (chromosome, strand) of `preference`."""
    signal = {place: np.zeros(len(of)) for place, of in preference.items()}
    for gene, index, density in zip(genes, *polymerase, strict=True):
        # views in the direction of transcription, from the TSS on
        forward = gene.strand == "+"
        sense, preferred = (
            of[gene.chrom, gene.strand][gene.tss :: 1 if forward else -1] for of in (signal, preference)
        )
        length = _transcribed(gene)
        edges = (0, *PAUSE, length, length + TAIL[0])
        for start, end, amount in zip(edges, edges[1:], (1, index, 1, TAIL[1]), strict=False):
            _add(sense[start:end], preferred[start:end], density * amount)
        against, preferred = (
            of[gene.chrom, "-" if forward else "+"][gene.start : gene.end] for of in (signal, preference)
        )
        _add(against, preferred, density * ANTISENSE)
    return signal


def _add(signal: np.ndarray, preferred: np.ndarray, density: float) -> None:
    """Add so much a base in the mean, more where bases are preferred."""
    signal += density * preferred / preferred.mean()


def write_tracks(rng: np.random.Generator, signal: Signal, assay: Assay, plus: Path, minus: Path) -> None:
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
