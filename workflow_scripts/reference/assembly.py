"""Checks that proteome, annotation and configuration speak of one assembly, and of the same genes."""

from __future__ import annotations

import logging
from pathlib import Path

from workflow_scripts.io.errors import BadInput
from workflow_scripts.reference.annotation import Gene
from workflow_scripts.reference.gene_choice import lies_at
from workflow_scripts.reference.proteome import Protein

log = logging.getLogger(__name__)

COMMON = 0.5  # least part of its genes that a proteome shares with a GTF of the same assembly
# Most of the genes that may go without the GTF. Two releases of yeast differ in 92 of 6,692 genes (1.4 %); a
# GTF that was cut, or of a subset of the genome, lacks more, and the TPM of every gene would feel the made-up lengths.
WITHOUT = 0.05


def require_genome(proteome: Path, by_gene: dict[str, list[Protein]], genome: str) -> None:
    """Raise BadInput unless every header names the assembly `genome`."""
    found = sorted({protein.assembly for proteins in by_gene.values() for protein in proteins})
    if found != [genome]:
        remedy = "Name the assembly in reference/assembly, or give the proteome of that assembly."
        raise BadInput(proteome, "headers", f"of assembly {', '.join(found)}, the configuration says {genome}", remedy)


def require_same_assembly(
    gtf: Path, annotated: dict[str, Gene], assembly: str, by_gene: dict[str, list[Protein]]
) -> None:
    """Raise BadInput unless the GTF lies on the assembly of the proteome.

    Told by the assembly that the GTF's header names (`assembly`, or ""), patch level aside, and by its genes:
    half of the proteome's genes must be in it, and half of these must lie where the FASTA header has them.
    """
    expected = next(iter(by_gene.values()))[0].assembly
    common = [gene_id for gene_id in by_gene if gene_id in annotated]
    overlapping = sum(lies_at(annotated[gene_id], by_gene[gene_id][0]) for gene_id in common)
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


def require_annotated(gtf: Path, unlocated: list[str], genes: int) -> None:
    """Raise BadInput where too many of the `genes` of the proteome have no coding transcript in the GTF."""
    if not unlocated:
        return
    reason = f"no coding transcript of {len(unlocated)} of {genes} genes of the proteome"
    if len(unlocated) > WITHOUT * genes:
        reason += f" ({', '.join(unlocated[:3])}...), {WITHOUT:.0%} at most go by the headers of the proteome"
        raise BadInput(gtf, "", reason, "Give the whole GTF of the proteome's release.")
    log.warning("%s: %s: place and length are those of the protein", gtf, reason)
