"""The genes of an annotation: a GTF (Ensembl, GENCODE, NCBI, UCSC) or a GFF3 (Ensembl, GENCODE, RefSeq, SGD, PomBase).

Both have nine columns and coordinates that are 1-based and closed; here they are 0-based and half-open. The last
column tells them apart, not the name of the file: `gene_id "..."` in a GTF, `ID=...` in a GFF3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.text import whole_lines
from workflow_scripts.reference.gene import Gene
from workflow_scripts.reference.gff3 import Gff3
from workflow_scripts.reference.gtf import Gtf
from workflow_scripts.reference.record import Record

# Ensembl's GFF3 has a provider before the name, as in `#!genome-build  SGD R64-1-1`.
BUILD = re.compile(r"^#!genome-(?:version|build)\s(?:.*\s)?(\S+)\s*$")
GFF3_ATTRIBUTES = re.compile(r"\s*\w+=")


def read_annotation(path: Path) -> tuple[dict[str, list[Gene]], str]:
    """Return the genes of a plain or gzipped GTF or GFF3 by gene id, and the assembly that its header names (or "").

    An id that stands at several places (other chromosomes or strands, or several lines of the gene itself) gives as
    many genes: X and Y of a pseudoautosomal gene, for one. The copies on Y that GENCODE marks are left out, and so
    are genes without exons.

    Raises BadInput with the line of a malformed record, and for a file that is damaged or cut short.
    """
    assembly, reader = "", None
    for number, line in _lines(path):
        if line.startswith("#"):
            build = BUILD.match(line)
            assembly = assembly or (build[1] if build else "")
            continue
        columns = line.rstrip("\r\n").split("\t")
        if len(columns) != 9:
            reason = f"{len(columns)} columns where a GTF or GFF3 has 9"
            raise BadInput(path, f"line {number}", reason, "Give a whole GTF or GFF3 file.")
        if reader is None:
            reader = Gff3(path) if GFF3_ATTRIBUTES.match(columns[8]) else Gtf(path)
        reader.add(Record(path, number, columns))
    genes = reader.genes() if reader else {}
    kept = {gene_id: [gene for gene in places if gene.exons] for gene_id, places in genes.items()}
    return {gene_id: places for gene_id, places in kept.items() if places}, assembly


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """The numbered lines before the genome that SGD appends; the whole file is read, so that a cut one is found."""
    before = True
    for number, line in whole_lines(path):
        before = before and not line.startswith("##FASTA")
        if before and line.strip():
            yield number, line
