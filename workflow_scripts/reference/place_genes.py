"""The genes of the gene table on the genome: bodies under the genome's names of its chromosomes."""

from workflow_scripts.rule import run

import logging
from pathlib import Path

from workflow_scripts.contracts import gene_bodies, gene_table
from workflow_scripts.contracts import genome as genome_contract
from workflow_scripts.io.errors import BadInput

log = logging.getLogger(__name__)


def place_genes(*, genes: Path, chromosomes: Path, bodies: Path) -> None:
    """Write the GeneBodies. Raises BadInput if no gene can be placed, or if one ends beyond its chromosome."""
    table, _ = gene_table.read(genes)
    genome = genome_contract.read(chromosomes)
    names = {name: genome.find(name) for name in table["chrom"].unique()}
    found = table["chrom"].map(names)
    mitochondrial = found.fillna(table["chrom"]).map(genome.is_mitochondrion)
    placed = found.notna() & ~mitochondrial
    beyond = placed & (table["end"] > found.map(genome.lengths))
    if beyond.any():
        gene = table[beyond].iloc[0]
        length = genome.lengths[names[gene.chrom]]
        reason = f"ends at {gene.end}, beyond the {length} bp of chromosome {gene.chrom}"
        raise BadInput(genes, f"gene {gene.gene_id}", reason, "Take genome and annotation of one assembly.")
    if not placed.any():
        reason = f"no gene lies on a chromosome of the genome ({', '.join(list(genome.lengths)[:3])}, ...)"
        remedy = (
            "Take genome and annotation of one assembly, or say in reference/chromosomes which chromosome is which."
        )
        raise BadInput(genes, "", reason, remedy)
    log.info(
        "%d genes; not placed: %d mitochondrial, %d on chromosomes that the genome lacks",
        placed.sum(),
        mitochondrial.sum(),
        (found.isna() & ~mitochondrial).sum(),
    )
    table["chrom"] = found.fillna(table["chrom"])
    gene_bodies.write(table[["gene_id", "chrom", "start", "end", "strand", "tss"]].assign(placed=placed), bodies)


if "snakemake" in globals():
    run(place_genes, snakemake)  # noqa: F821
