"""Checks that proteome, annotation and configuration speak of one assembly."""

from __future__ import annotations

from pathlib import Path

from workflow_scripts.contracts.errors import BadInput
from workflow_scripts.prebulk.annotation import Gene
from workflow_scripts.prebulk.proteome import Protein

COMMON = 0.5  # least part of its genes that a proteome shares with a GTF of the same assembly


def require_genome(proteome: Path, by_gene: dict[str, list[Protein]], genome: str) -> None:
    """Raise BadInput unless every header names the assembly `genome`."""
    found = sorted({protein.assembly for proteins in by_gene.values() for protein in proteins})
    if found != [genome]:
        remedy = "Name the assembly in prebulk/gene_table/genome, or give the proteome of that assembly."
        raise BadInput(proteome, "headers", f"of assembly {', '.join(found)}, the configuration says {genome}", remedy)


def require_same_assembly(
    gtf: Path, annotated: dict[str, Gene], assembly: str, by_gene: dict[str, list[Protein]]
) -> None:
    """Raise BadInput unless the GTF lies on the assembly of the proteome.

    Told by the assembly that the GTF's header names (`assembly`, or ""), patch level aside, and by its genes:
    half of the proteome's genes must be in it, and half of these must overlap the place that the FASTA header
    gives, on a chromosome of the same name (`chr` aside).
    """
    expected = next(iter(by_gene.values()))[0].assembly
    common = [gene_id for gene_id in by_gene if gene_id in annotated]
    overlapping = sum(_overlap(annotated[gene_id], by_gene[gene_id][0]) for gene_id in common)
    if assembly and assembly.split(".p")[0] != expected.split(".p")[0]:
        place, reason = "header", f"it says {assembly}, the proteome {expected}"
    elif len(common) < COMMON * len(by_gene):
        place, reason = "gene_id", f"it holds {len(common)} of the {len(by_gene)} genes of the proteome"
    elif overlapping < COMMON * len(common):
        place, reason = "coordinates", f"{overlapping} of {len(common)} genes lie where the proteome has them"
    else:
        return
    remedy = "Give the GTF and the proteome of one assembly and release."
    raise BadInput(gtf, place, f"GTF of another assembly: {reason}", remedy)


def _overlap(gene: Gene, protein: Protein) -> bool:
    same = gene.chrom.removeprefix("chr") == protein.chrom.removeprefix("chr")
    return same and gene.start < protein.end and protein.start < gene.end
