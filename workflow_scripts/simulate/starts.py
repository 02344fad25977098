"""Promoters: elements around the starts of transcription, which tell a part of how much polymerase a gene has.

A gene has each element with some probability, at its place before or after the start; one of its bases in ten is none
of the consensus. How well a place matches is the logarithm of the odds of its bases under the element and under the
composition of the genome (a position weight matrix). What it adds to the logarithms of density and pausing index grows
with that, from nothing at even odds to the whole of a perfect match, planted or there by chance. The same elements
stand alone between genes, where nothing starts.

Elements of the core promoter: TATA box; human initiator (L. Vo ngoc et al., Genes Dev. 31, 6-11 (2017): perfect in
40 % of focused promoters); downstream element (A. K. Kutach, J. T. Kadonaga, Mol. Cell. Biol. 20, 4754-4764 (2000));
pause button (D. A. Hendrix et al., PNAS 105, 7762-7767 (2008)). Before it and after the start, sites of the factors of
most genes, by the consensus of X. Xie et al., Nature 434, 338-345 (2005), near the start where such words cluster
(P. C. FitzGerald et al., Genome Res. 14, 1562-1574 (2004)); which places, shares and sizes of effects is ours.
Shapes: G genes, E elements, L bp of a promoter.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from workflow_scripts.contracts import truth
from workflow_scripts.io.bases import UNKNOWN, encode, reverse_complement
from workflow_scripts.simulate.genes import BASES, COMPOSITION, Gene

SPECIFIC = 0.9  # probability that a base of an element is one of its consensus
IUPAC = {"A": "A", "C": "C", "G": "G", "T": "T", "R": "AG", "Y": "CT", "W": "AT", "K": "GT", "S": "CG"}
IUPAC |= {"B": "CGT", "V": "ACG", "N": "ACGT"}
REACH = (-130, 40)  # bp from the first transcribed base: all elements, before any start codon, and no end of an intron
APART = 100  # bp that a decoy has for itself
MARGIN = 500  # bp on either side of genes without decoys: promoters and more


class Element(NamedTuple):
    """An element of promoters."""

    name: str
    consensus: str  # IUPAC
    places: tuple[int, ...]  # its first base may be there; bp from the first transcribed base
    share: float  # of the genes
    density: float  # what it does to the logarithm of density, beside the others
    pausing: float  # to that of the pausing index


ELEMENTS = (
    Element("nf_y", "GATTGGY", tuple(range(-130, -115)), 0.25, 0.6, 0.0),
    Element("creb", "TGAYRTCA", tuple(range(-108, -97)), 0.15, 0.6, 0.0),
    Element("nrf_1", "RCGCANGCGY", tuple(range(-89, -78)), 0.2, 0.6, 0.0),
    Element("ets", "SCGGAAGY", tuple(range(-68, -57)), 0.3, 0.6, 0.0),
    Element("sp1", "GGGCGGR", tuple(range(-49, -39)), 0.4, 0.6, 0.0),
    Element("tata_box", "TATAWAWR", (-32, -31, -30), 0.2, 1.0, 0.0),
    Element("initiator", "BBCABW", (-3,), 0.5, 0.8, 0.0),
    Element("yy1", "GCCATNTTG", tuple(range(8, 18)), 0.15, 0.6, 0.0),
    Element("downstream_element", "RGWYVT", (27,), 0.3, 0.5, 0.5),
    Element("pause_button", "KCGRWCG", (33,), 0.3, 0.0, 1.0),
)
WORTH = np.array([[element.density, element.pausing] for element in ELEMENTS])  # (E, 2)


class Promoters(NamedTuple):
    """The promoters of all genes."""

    codes: np.ndarray  # (G, L) uint8, bases in the direction of transcription
    planted: np.ndarray  # (G, E) bool
    scale: np.ndarray  # (2,) float64, what 1 of WORTH adds to the logarithms of density and pausing index

    def effects(self, codes: np.ndarray) -> np.ndarray:
        """What promoters (N, L) add to the logarithms of density and pausing index, (N, 2) float64."""
        return strengths(codes) @ WORTH * self.scale


class Decoy(NamedTuple):
    """An element where nothing starts."""

    element: Element
    chrom: str
    start: int
    strand: str
    score: float


def weights(consensus: str) -> np.ndarray:
    """ln odds (bp, 5) float64 of A, C, G, T and an unknown base, which tells nothing, at each place of an element."""
    within = np.array([[base in IUPAC[letter] for base in "ACGT"] for letter in consensus])
    share = within @ COMPOSITION
    odds = np.zeros((len(consensus), UNKNOWN + 1))
    told = share < 1  # an N tells nothing
    inside, outside = np.log(SPECIFIC / share[told]), np.log((1 - SPECIFIC) / (1 - share[told]))
    odds[told, :UNKNOWN] = np.where(within[told].T, inside, outside).T
    return odds


def drawn(rng: np.random.Generator, element: Element) -> np.ndarray:
    """The codes (bp,) uint8 of one such element."""
    likely = np.cumsum(COMPOSITION * np.exp(weights(element.consensus)[:, :UNKNOWN]), axis=1)
    return (rng.random((len(likely), 1)) > likely[:, :-1]).sum(1).astype(np.uint8)


def matches(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How well promoters (N, L) match each element at its best place (N, E) float64, and which place that is."""
    scores, places = np.zeros((len(codes), len(ELEMENTS))), np.zeros((len(codes), len(ELEMENTS)), int)
    for number, element in enumerate(ELEMENTS):
        odds, firsts = weights(element.consensus), np.array(element.places) - REACH[0]
        rows = np.arange(len(odds))
        found = np.stack([odds[rows, codes[:, first + rows]].sum(1) for first in firsts], axis=1)
        scores[:, number], places[:, number] = found.max(1), np.array(element.places)[found.argmax(1)]
    return scores, places


def strengths(codes: np.ndarray) -> np.ndarray:
    """The elements (N, E) float64 of promoters: 0 at even odds and below, 1 of a perfect match."""
    best = [weights(element.consensus).max(1).sum() for element in ELEMENTS]
    return np.maximum(matches(codes)[0], 0) / best


def place_of(gene: Gene, start: int, end: int) -> tuple[int, int]:
    """The genomic interval of bp [start, end) from the first transcribed base of a gene."""
    return gene.to_genome(gene.first + start, gene.first + end)


def plant_elements(rng: np.random.Generator, bases: dict[str, np.ndarray], genes: list[Gene]) -> np.ndarray:
    """Write elements into the genome (uint8 ASCII by chromosome); returns which gene was given which, (G, E) bool."""
    planted = np.zeros((len(genes), len(ELEMENTS)), bool)
    for gene, has in zip(genes, planted, strict=True):
        for number, element in enumerate(ELEMENTS):
            if rng.random() < element.share:
                first = int(rng.choice(element.places))
                start, end = place_of(gene, first, first + len(element.consensus))
                _write(bases[gene.chrom], start, end, gene.strand, drawn(rng, element))
                has[number] = True
    return planted


def plant_decoys(rng: np.random.Generator, bases: dict[str, np.ndarray], genes: list[Gene], number: int) -> list[Decoy]:
    """Write `number` elements, of each kind as many, where nothing starts; fewer where there is no room."""
    free = []
    for chrom, sequence in bases.items():
        taken = sequence == ord("N")
        for gene in genes:
            if gene.chrom == chrom:
                taken[gene.start - MARGIN : gene.end + MARGIN] = True
        whole = taken[: len(taken) // APART * APART].reshape(-1, APART)
        free += [(chrom, int(place) * APART + APART // 2) for place in np.flatnonzero(~whole.any(1))]
    found = []
    for turn, chosen in enumerate(rng.permutation(len(free))[:number]):
        element, (chrom, start), strand = ELEMENTS[turn % len(ELEMENTS)], free[chosen], str(rng.choice(["+", "-"]))
        codes = drawn(rng, element)
        _write(bases[chrom], start, start + len(codes), strand, codes)
        score = float(weights(element.consensus)[np.arange(len(codes)), codes].sum())
        found.append(Decoy(element, chrom, start, strand, score))
    return found


def _write(sequence: np.ndarray, start: int, end: int, strand: str, codes: np.ndarray) -> None:
    sequence[start:end] = BASES[codes if strand == "+" else reverse_complement(codes)]


def read_promoters(
    bases: dict[str, np.ndarray], genes: list[Gene], planted: np.ndarray, sds: tuple[float, float]
) -> Promoters:
    """The promoters of all genes; their effects on the logarithms of density and index have these sds over genes.

    Where no gene has any such element there is no effect.
    """
    found = []
    for gene in genes:
        start, end = place_of(gene, *REACH)
        codes = encode(bases[gene.chrom][start:end].tobytes().decode())
        found.append(codes if gene.strand == "+" else reverse_complement(codes))
    codes = np.stack(found)
    spread = (strengths(codes) @ WORTH).std(0)
    return Promoters(codes, planted, np.divide(sds, spread, out=np.zeros(2), where=spread > 0))


def write_truth(genes: list[Gene], promoters: Promoters, decoys: list[Decoy], folder: Path) -> None:
    """Write `elements`: those planted, those that stand at starts by chance (at better than even odds), and decoys."""
    scores, places = matches(promoters.codes)
    effects = strengths(promoters.codes)[:, :, None] * WORTH * promoters.scale  # (G, E, 2)
    rows = []
    for of, number in zip(*np.nonzero(promoters.planted | (scores > 0)), strict=True):
        gene, element, first = genes[of], ELEMENTS[number], int(places[of, number])
        place = (gene.chrom, *place_of(gene, first, first + len(element.consensus)), gene.strand)
        origin = "planted" if promoters.planted[of, number] else "chance"
        numbers = (f"{value:.6f}" for value in (scores[of, number], *effects[of, number]))
        rows.append((gene.gene_id, element.name, origin, *place, *numbers))
    for decoy in decoys:
        place = (decoy.chrom, decoy.start, decoy.start + len(decoy.element.consensus), decoy.strand)
        rows.append(("", decoy.element.name, "decoy", *place, f"{decoy.score:.6f}", "0.000000", "0.000000"))
    truth.write("elements", rows, folder)
