"""The gene of every transcript of the annotation."""

from workflow_scripts.rule import run

import logging
from pathlib import Path

import pandas as pd

from workflow_scripts.contracts import transcript_table
from workflow_scripts.io.errors import BadInput
from workflow_scripts.reference.annotation import read_annotation

log = logging.getLogger(__name__)


def list_transcripts(*, gtf: Path, transcripts: Path) -> None:
    """Write the TranscriptTable of a GTF or GFF3; raise BadInput where it has no transcripts."""
    genes, _ = read_annotation(gtf)
    gene_of = {name: gene.gene_id for places in genes.values() for gene in places for name in gene.transcripts}
    if not gene_of:
        raise BadInput(gtf, "", "names no transcript", "Give an annotation that has them.")
    transcript_table.write(
        pd.DataFrame(gene_of.items(), columns=["transcript_id", "gene_id"], dtype=object), transcripts
    )
    log.info("%d transcripts of %d genes", len(gene_of), len(set(gene_of.values())))


if "snakemake" in globals():
    run(list_transcripts, snakemake)  # noqa: F821
