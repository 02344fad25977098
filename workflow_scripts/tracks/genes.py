"""Genes of the gene table under the chromosome names of the tracks."""

from __future__ import annotations

import logging
from pathlib import Path

import pandas as pd

from workflow_scripts.contracts import gene_table
from workflow_scripts.io.errors import BadInput
from workflow_scripts.tracks.genome import Genome, is_mitochondrion

log = logging.getLogger(__name__)


def read_genes(path: Path, lengths: dict[str, int]) -> tuple[pd.DataFrame, str]:
    """Return the gene table, `chrom` in the spelling of `lengths`, and the digest of its order.

    A column `placed` (bool) says which genes can be measured: not those on a chromosome that the genome
    lacks, nor mitochondrial ones, which another polymerase transcribes. Raises BadInput if none can, or if a
    gene ends beyond its chromosome.
    """
    genes, order = gene_table.read(path)
    genome = Genome(lengths)
    names = {name: genome.find(name) for name in genes["chrom"].unique()}
    found = genes["chrom"].map(names)
    mitochondrial = genes["chrom"].map(is_mitochondrion)
    genes["placed"] = found.notna() & ~mitochondrial
    beyond = genes["placed"] & (genes["end"] > found.map(lengths))
    if beyond.any():
        gene = genes[beyond].iloc[0]
        reason = f"ends at {gene.end}, beyond the {lengths[names[gene.chrom]]} bp of chromosome {gene.chrom}"
        raise BadInput(path, f"gene {gene.gene_id}", reason, "Take genome and annotation of one assembly.")
    if not genes["placed"].any():
        reason = f"no gene lies on a chromosome of the genome ({', '.join(list(lengths)[:3])}, ...)"
        raise BadInput(path, "", reason, "Take genome and annotation of one assembly.")
    log.info(
        "%d genes; left out: %d mitochondrial, %d on chromosomes that the genome lacks",
        genes["placed"].sum(),
        mitochondrial.sum(),
        (found.isna() & ~mitochondrial).sum(),
    )
    genes["chrom"] = found.fillna(genes["chrom"])
    return genes, order
