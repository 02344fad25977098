"""Genes of a GTF, which names gene and transcript on each line.

Format: https://www.ensembl.org/info/website/upload/gff.html
"""

from __future__ import annotations

import re
from pathlib import Path

from workflow_scripts.contracts.identifiers import is_par_y, without_version
from workflow_scripts.reference.gene import Gene, Transcript
from workflow_scripts.reference.record import Record

ATTRIBUTE = re.compile(r'(\w+) "([^"]*)"')


class Gtf:
    """Genes, made line by line; `tag` repeats on a line and is read as a list."""

    def __init__(self, path: Path) -> None:
        self._genes: dict[str, list[Gene]] = {}

    def genes(self) -> dict[str, list[Gene]]:
        """The places of each gene."""
        return self._genes

    def add(self, record: Record) -> None:
        """Add one gene, transcript, exon or CDS record to its gene."""
        if record.feature not in ("gene", "transcript", "exon", "CDS"):
            return
        pairs = ATTRIBUTE.findall(record.attributes)
        values = dict(pairs)
        if record.attributes.count('"') % 2:
            raise record.bad("a quote without its other")
        if "gene_id" not in values:
            raise record.bad("no gene_id")
        start, end, strand = record.place()
        if is_par_y(values["gene_id"]):  # the same gene once more, on chromosome Y
            return
        gene_id, transcript_id = without_version(values["gene_id"]), without_version(values.get("transcript_id", ""))
        chrom, feature = record.chrom, record.feature
        here = [gene for gene in self._genes.get(gene_id, []) if (gene.chrom, gene.strand) == (chrom, strand)]
        if feature == "gene":  # of records that stand before it in a file that is sorted by place
            here = [gene for gene in here if gene.span is None and gene.within(start, end)]
        else:
            here = [gene for gene in here if gene.span is None or gene.span[0] <= start < end <= gene.span[1]]
        if not here:
            biotype = values.get("gene_biotype") or values.get("gene_type", "")  # Ensembl, GENCODE
            here = [Gene(gene_id, values.get("gene_name", gene_id), biotype, chrom, strand)]
            self._genes.setdefault(gene_id, []).extend(here)
        gene = here[-1]
        if feature == "gene":
            gene.span = start, end
            return
        if feature == "exon":
            gene.exons.append((start, end))
        if not transcript_id:  # an annotation cut down to genes and exons
            return
        if transcript_id not in gene.transcripts:
            biotype = values.get("transcript_biotype") or values.get("transcript_type", "")
            gene.transcripts[transcript_id] = Transcript(transcript_id, biotype, start=start, end=end)
        transcript = gene.transcripts[transcript_id]
        transcript.tags.update(value for name, value in pairs if name == "tag")
        transcript.start, transcript.end = min(transcript.start, start), max(transcript.end, end)
        if feature == "CDS":
            transcript.coding_length += end - start
            transcript.protein_id = without_version(values.get("protein_id", ""))
