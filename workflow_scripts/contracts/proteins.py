"""Proteins: one protein per gene of the gene table, in its order.

`results/reference/proteins.fa`, written by `reference/make_gene_table`: FASTA, each header `gene_id protein_id`, the
residues as the proteome has them, in upper case and without the final stop; its seal beside it. Empty without
a proteome; then no stage reads it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from workflow_scripts.io import fasta
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.seal import require_intact_beside, seal_beside

REMEDY = "Make the gene table and its proteins again (reference/make_gene_table)."


def write(proteins: Iterable[tuple[str, str, str]], path: Path) -> None:
    """Write (gene_id, protein_id, residues) of each gene."""
    fasta.write(((f"{gene_id} {protein_id}", residues) for gene_id, protein_id, residues in proteins), path)
    seal_beside(path)


def read(path: Path, gene_ids: list[str]) -> list[str]:
    """Return the residues of the proteins of `gene_ids`, in that order.

    Raises BadInput on a damaged file, on a gene that is missing, added or out of place, and on an empty protein.
    """
    require_intact_beside(path)
    sequences: list[str] = []
    for place, record in enumerate(fasta.records(path, REMEDY)):
        gene_id = (record.header.split() or [""])[0]
        expected = gene_ids[place] if place < len(gene_ids) else "the end"
        if gene_id != expected:
            raise BadInput(path, f"gene {gene_id}", f"stands where the gene table has {expected}", REMEDY)
        if not record.sequence.replace("*", ""):
            raise BadInput(path, f"gene {gene_id}", "has an empty protein", REMEDY)
        sequences.append(record.sequence)
    if len(sequences) < len(gene_ids):
        raise BadInput(path, f"gene {gene_ids[len(sequences)]}", "has no protein", REMEDY)
    return sequences
