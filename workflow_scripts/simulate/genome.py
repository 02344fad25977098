"""The genome: genes placed on chromosomes, promoters with the motifs of their regulators, FASTA."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from workflow_scripts.simulate.genes import BASES, COMPOSITION, NEST_MARGIN, Gene
from workflow_scripts.simulate.layout import write_gzip

FLANK = 3_000  # bp before the first gene and after the last one
GAP = (1_500, 3_500)  # bp between genes: room for promoters and for the tails of transcription
UNKNOWN = 1_200  # bp of the run of N in the middle of each chromosome
REPEAT = (100, 500)  # bp of a soft-masked stretch
MASKED = 0.25  # share of the genome in such stretches, before overlaps
PROMOTER = (130, 430)  # bp upstream of the first transcribed base in which motifs stand, before those of `starts`
MOTIF_LENGTH = 10
SLOTS = np.arange(PROMOTER[0], PROMOTER[1] - MOTIF_LENGTH, 3 * MOTIF_LENGTH)  # bp upstream, from the end of a motif
LINE = 60

COMPLEMENT = np.zeros(256, np.uint8)
COMPLEMENT[np.frombuffer(b"ACGTN", np.uint8)] = np.frombuffer(b"TGCAN", np.uint8)


def reverse_complement(bases: np.ndarray) -> np.ndarray:
    """The other strand of upper-case bases (uint8 ASCII), in its own direction."""
    return COMPLEMENT[bases[::-1]]


def place_genes(rng: np.random.Generator, genes: list[Gene], chromosomes: int) -> dict[str, np.ndarray]:
    """Give every gene its place, and return the upper-case sequence (uint8 ASCII) of each chromosome.

    Genes stand apart by GAP on both strands, but for those within an intron of another. Each chromosome
    has a run of N between two genes.
    """
    guests = {id(gene.guest) for gene in genes if gene.guest}
    free = [genes[index] for index in rng.permutation(len(genes)) if id(genes[index]) not in guests]
    return {
        str(number + 1): _chromosome(rng, str(number + 1), free[number::chromosomes]) for number in range(chromosomes)
    }


def _chromosome(rng: np.random.Generator, name: str, genes: list[Gene]) -> np.ndarray:
    position, unknown = FLANK, 0
    for order, gene in enumerate(genes):
        if order == len(genes) // 2:
            unknown = position
            position += UNKNOWN + int(rng.integers(*GAP))
        _place(rng, gene, name, position)
        position = gene.end + int(rng.integers(*GAP))
    bases = rng.choice(BASES, position + FLANK, p=COMPOSITION)
    bases[unknown : unknown + UNKNOWN] = ord("N")
    for gene in genes:
        for placed in (gene, gene.guest):  # the guest second: it lies in the host's intron
            if placed:
                forward = placed.strand == "+"
                bases[placed.start : placed.end] = placed.sequence if forward else reverse_complement(placed.sequence)
    return bases


def _place(rng: np.random.Generator, gene: Gene, chrom: str, start: int) -> None:
    gene.chrom, gene.start, gene.strand = chrom, start, str(rng.choice(["+", "-"]))
    if gene.guest:
        _place(rng, gene.guest, chrom, gene.to_genome(*gene.room)[0] + NEST_MARGIN)


def make_motifs(rng: np.random.Generator, factors: int) -> list[str]:
    """One consensus of MOTIF_LENGTH bases a factor; none is another's, on either strand."""
    found: list[np.ndarray] = []
    seen: set[bytes] = set()
    while len(found) < factors:
        motif = rng.choice(BASES, MOTIF_LENGTH)
        if motif.tobytes() not in seen:
            seen |= {motif.tobytes(), reverse_complement(motif).tobytes()}
            found.append(motif)
    return [motif.tobytes().decode() for motif in found]


def plant_motifs(
    rng: np.random.Generator,
    bases: dict[str, np.ndarray],
    genes: list[Gene],
    motifs: list[str],
    sources: np.ndarray,
    targets: np.ndarray,
) -> None:
    """Write the motif of each regulator (indices `sources`) into the promoter of its target (`targets`)."""
    for target in np.unique(targets):
        gene = genes[target]
        regulators = sources[targets == target]
        for source, distance in zip(regulators, rng.choice(SLOTS, len(regulators), replace=False), strict=True):
            motif = np.frombuffer(motifs[source].encode(), np.uint8)
            if rng.random() < 0.5:  # a factor binds in either direction
                motif = reverse_complement(motif)
            start, end = gene.to_genome(-int(distance) - MOTIF_LENGTH, -int(distance))
            bases[gene.chrom][start:end] = motif


def outside_motifs() -> np.ndarray:
    """Local positions (int64, negative) of promoters in which no motif of a regulator may stand."""
    promoter = -np.arange(PROMOTER[0] + 1, PROMOTER[1] + 1)
    taken = -SLOTS[:, None] - np.arange(1, MOTIF_LENGTH + 1)
    return promoter[~np.isin(promoter, taken)]


def write_genome(rng: np.random.Generator, bases: dict[str, np.ndarray], path: Path) -> None:
    """Write the chromosomes as Ensembl's soft-masked FASTA: repeats in lower case, lines of 60 bases."""
    records = []
    for name, sequence in bases.items():
        masked = sequence.copy()
        for start in rng.integers(0, len(sequence), int(len(sequence) * MASKED / np.mean(REPEAT))):
            stretch = masked[start : start + int(rng.integers(*REPEAT))]
            stretch[np.isin(stretch, BASES)] |= 0x20  # the bit that makes ASCII letters lower case
        text = masked.tobytes().decode()
        records.append(f">{name} dna:chromosome chromosome:GRCh38:{name}:1:{len(text)}:1 REF\n")
        records += [f"{text[at : at + LINE]}\n" for at in range(0, len(text), LINE)]
    write_gzip(path, "".join(records))
