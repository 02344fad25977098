"""Single-base variants of promoters: some that break or mend an element, and as many that touch none.

What a variant does follows from the match of the changed promoter (`starts`). The file is VCF 4.2
(https://samtools.github.io/hts-specs/VCFv4.2.pdf), one allele a line.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from workflow_scripts.contracts import truth
from workflow_scripts.simulate import starts
from workflow_scripts.simulate.genes import BASES, Gene
from workflow_scripts.simulate.genome import COMPLEMENT, outside_motifs
from workflow_scripts.simulate.starts import ELEMENTS, REACH, Promoters
from workflow_scripts.simulate.tracks import Polymerase, signal_of

PLACES = 10  # planted elements that are looked at for each variant


class Variant(NamedTuple):
    """A variant of the promoter of one gene; ref and alt are upper-case letters of the plus strand."""

    chrom: str
    position: int  # 0-based
    ref: str
    alt: str
    gene: int  # of the list of genes
    element: str  # empty: none
    kind: str  # break, mend, neutral
    effects: tuple[float, float]  # on the logarithms of density and pausing index


def make_variants(
    rng: np.random.Generator, bases: dict[str, np.ndarray], genes: list[Gene], promoters: Promoters, number: int
) -> list[Variant]:
    """Draw `number` variants, in the order of the genome: a quarter break, a quarter mend, and half are neutral.

    Fewer break or mend where there are no more to choose from.
    """
    found = _of_elements(rng, genes, promoters, number // 4)
    aside = outside_motifs()
    for place in rng.choice(len(genes) * len(aside), min(number - number // 2, len(genes) * len(aside)), replace=False):
        of, local = int(place) // len(aside), int(aside[place % len(aside)])
        position = genes[of].to_genome(local, local + 1)[0]
        ref = bases[genes[of].chrom][position]
        alt = rng.choice(BASES[ref != BASES])
        found.append(Variant(genes[of].chrom, position, chr(ref), chr(alt), of, "", "neutral", (0.0, 0.0)))
    order = {chrom: place for place, chrom in enumerate(bases)}
    return sorted(found, key=lambda variant: (order[variant.chrom], variant.position, variant.alt))


def _of_elements(rng: np.random.Generator, genes: list[Gene], promoters: Promoters, each: int) -> list[Variant]:
    """`each` variants that break planted elements, and as many that mend some."""
    planted = np.argwhere(promoters.planted)
    planted = rng.permutation(planted)[: PLACES * each]
    _, places = starts.matches(promoters.codes)
    changes = np.array(  # gene, element, place in the core promoter, code
        [
            (of, number, at, code)
            for of, number in planted
            for at in places[of, number] - REACH[0] + np.arange(len(ELEMENTS[number].consensus))
            for code in range(len(BASES))
            if code != promoters.codes[of, at]
        ],
        int,
    ).reshape(-1, 4)
    old = promoters.codes[changes[:, 0]]
    new = old.copy()
    new[np.arange(len(new)), changes[:, 2]] = changes[:, 3]
    gained = (starts.strengths(new) - starts.strengths(old)).sum(1).round(9)  # as good a match elsewhere gains nothing
    effects = promoters.effects(new) - promoters.effects(old)
    found = []
    for kind, able in (("break", gained < 0), ("mend", gained > 0)):
        for row in rng.permutation(np.flatnonzero(able))[:each]:
            of, number, at, code = changes[row].tolist()
            gene = genes[of]
            position = starts.place_of(gene, at + REACH[0], at + REACH[0] + 1)[0]
            pair = BASES[[promoters.codes[of, at], code]]
            ref, alt = pair if gene.strand == "+" else COMPLEMENT[pair]
            told = (float(effects[row, 0]), float(effects[row, 1]))
            found.append(Variant(gene.chrom, position, chr(ref), chr(alt), of, ELEMENTS[number].name, kind, told))
    return found


def write_vcf(variants: list[Variant], sizes: dict[str, int], path: Path) -> None:
    """Write the variants, which are called variant1, variant2, ...; sizes: bp of each chromosome."""
    lines = ["##fileformat=VCFv4.2", "##source=GeneLM, simulated"]
    lines += [f"##contig=<ID={chrom},length={size}>" for chrom, size in sizes.items()]
    lines.append("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO")
    for count, of in enumerate(variants, 1):
        lines.append(f"{of.chrom}\t{of.position + 1}\tvariant{count}\t{of.ref}\t{of.alt}\t.\tPASS\t.")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def write_truth(variants: list[Variant], genes: list[Gene], planted: dict[str, Polymerase], folder: Path) -> None:
    """Write `variants`: what each does to its gene in each assay (logarithms, natural)."""
    rows = []
    for count, variant in enumerate(variants, 1):
        gene = genes[variant.gene]
        for assay, found in planted.items():
            index, density = found.pausing_index[variant.gene], found.body_density[variant.gene]
            changed = density * np.exp(variant.effects[0]), index * np.exp(variant.effects[1])
            fold = np.log(signal_of(gene, *changed) / signal_of(gene, density, index))
            numbers = (f"{value:.6f}" for value in (fold, *variant.effects))
            rows.append((f"variant{count}", gene.gene_id, variant.element, variant.kind, assay, *numbers))
    truth.write("variants", rows, folder)
