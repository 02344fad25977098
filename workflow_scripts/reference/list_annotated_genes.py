"""Every gene of the annotation and its biotype, under the genome's names of chromosomes."""

from workflow_scripts.rule import run

import logging
from pathlib import Path

import pandas as pd

from workflow_scripts.contracts import annotated_genes
from workflow_scripts.contracts import genome as genome_contract
from workflow_scripts.reference.annotation import read_annotation

log = logging.getLogger(__name__)


def list_annotated_genes(*, gtf: Path, chromosomes: Path, genes: Path) -> None:
    """Write the AnnotatedGenes of a GTF or GFF3."""
    genome = genome_contract.read(chromosomes)
    rows = [
        (gene.gene_id, gene.biotype, genome.find(gene.chrom) or gene.chrom, gene.start, gene.end, gene.strand)
        for places in read_annotation(gtf)[0].values()
        for gene in places
    ]
    table = pd.DataFrame(rows, columns=list(annotated_genes.SCHEMA.columns))
    annotated_genes.write(table.astype({"start": "int64", "end": "int64"}), genes)
    log.info("genes of each biotype: %s", table["biotype"].value_counts().to_dict())


if "snakemake" in globals():
    run(list_annotated_genes, snakemake)  # noqa: F821
