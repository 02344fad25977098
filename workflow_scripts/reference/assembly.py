"""Checks that proteome, annotation and configuration speak of one assembly, and of the same genes."""

from __future__ import annotations

import logging
from pathlib import Path

from workflow_scripts.io.errors import BadInput
from workflow_scripts.reference.gene import Gene
from workflow_scripts.reference.gene_choice import lies_at
from workflow_scripts.reference.proteome import Protein

log = logging.getLogger(__name__)

COMMON = 0.5  # least part of its genes that a proteome shares with an annotation of the same assembly
# Most of the genes that may go without the annotation. Two releases of yeast differ in 92 of 6,692 genes (1.4 %); one
# that was cut, or of a subset of the genome, lacks more, and the TPM of every gene would feel the made-up lengths.
WITHOUT = 0.05
OTHER = "annotation of another assembly"


def require_genome(proteome: Path, by_gene: dict[str, list[Protein]], genome: str) -> None:
    """Raise BadInput unless every header names the assembly `genome`."""
    found = sorted({protein.assembly for proteins in by_gene.values() for protein in proteins})
    if found != [genome]:
        remedy = "Name the assembly in reference/assembly, or give the proteome of that assembly."
        raise BadInput(proteome, "headers", f"of assembly {', '.join(found)}, the configuration says {genome}", remedy)


def require_same_assembly(gtf: Path, found: str, genome: str) -> None:
    """Raise BadInput if the header of the annotation names another assembly (`found`, or ""), patch level aside."""
    if found and found.split(".p")[0] != genome.split(".p")[0]:
        remedy = "Give the annotation of that assembly, or name its assembly in reference/assembly."
        raise BadInput(gtf, "header", f"{OTHER}: it says {found}, the configuration says {genome}", remedy)


def require_same_genes(gtf: Path, annotated: dict[str, Gene], by_gene: dict[str, list[Protein]]) -> None:
    """Raise BadInput unless half of the proteome's genes are annotated, and half of these where its headers say."""
    common = [gene_id for gene_id in by_gene if gene_id in annotated]
    overlapping = sum(lies_at(annotated[gene_id], by_gene[gene_id][0]) for gene_id in common)
    if len(common) < COMMON * len(by_gene):
        place, reason = "gene_id", f"it holds {len(common)} of the {len(by_gene)} genes of the proteome"
    elif overlapping < COMMON * len(common):
        place, reason = "coordinates", f"{overlapping} of {len(common)} genes lie where the proteome has them"
    else:
        return
    raise BadInput(gtf, place, f"{OTHER}: {reason}", "Give annotation and proteome of one assembly and release.")


def require_annotated(gtf: Path, unlocated: list[str], genes: int) -> None:
    """Raise BadInput where too many of the `genes` of the proteome have no coding transcript there."""
    if not unlocated:
        return
    reason = f"no coding transcript of {len(unlocated)} of {genes} genes of the proteome"
    if len(unlocated) > WITHOUT * genes:
        reason += f" ({', '.join(unlocated[:3])}...), {WITHOUT:.0%} at most go by the headers of the proteome"
        raise BadInput(gtf, "", reason, "Give the whole annotation of the proteome's release.")
    log.warning("%s: %s: place and length are those of the protein", gtf, reason)
