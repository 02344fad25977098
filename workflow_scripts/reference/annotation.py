"""Genes and transcripts of a GTF (Ensembl or GENCODE).

GTF coordinates are 1-based and closed; here they are 0-based and half-open.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from workflow_scripts.contracts.identifiers import is_par_y, without_version
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.text import whole_lines

ATTRIBUTE = re.compile(r'(\w+) "([^"]*)"')
BUILD = re.compile(r"^#!genome-(?:version|build)\s+(\S+)")
POSITION = re.compile(r"[0-9]{1,12}")
REMEDY = "Give a whole GTF file."


@dataclass
class Transcript:
    transcript_id: str
    biotype: str
    tags: set[str] = field(default_factory=set)
    protein_id: str = ""
    coding_length: int = 0  # bp of CDS
    start: int = 0
    end: int = 0


@dataclass
class Gene:
    gene_id: str
    symbol: str
    biotype: str
    chrom: str
    strand: str
    exons: list[tuple[int, int]] = field(default_factory=list)
    transcripts: dict[str, Transcript] = field(default_factory=dict)

    @property
    def start(self) -> int:
        return min(start for start, _ in self.exons)

    @property
    def end(self) -> int:
        return max(end for _, end in self.exons)

    @property
    def exon_length(self) -> int:
        """Length in bp of the union of all exons of all transcripts."""
        covered, reached = 0, -1
        for start, end in sorted(self.exons):
            covered += max(0, end - max(start, reached))
            reached = max(reached, end)
        return covered


def read_annotation(path: Path) -> tuple[dict[str, Gene], str]:
    """Return the genes of a plain or gzipped GTF by gene id, and the assembly that its header names (or "").

    `tag` repeats on a line and is read as a list. Raises BadInput with the line of a malformed record, and for a
    file that is damaged or cut short.
    """
    genes: dict[str, Gene] = {}
    assembly = ""
    for number, line in whole_lines(path):
        if line.startswith("#"):
            build = BUILD.match(line)
            assembly = assembly or (build[1] if build else "")
            continue
        columns = line.rstrip("\n").split("\t")
        if len(columns) != 9:
            raise BadInput(path, f"line {number}", f"{len(columns)} columns where a GTF has 9", REMEDY)
        if columns[2] in ("transcript", "exon", "CDS"):
            _add(genes, path, number, columns)
    return {gene_id: gene for gene_id, gene in genes.items() if gene.exons}, assembly


def _add(genes: dict[str, Gene], path: Path, number: int, columns: list[str]) -> None:
    """Add one transcript, exon or CDS record to its gene."""
    pairs = ATTRIBUTE.findall(columns[8])
    values = dict(pairs)
    if columns[8].count('"') % 2:
        raise BadInput(path, f"line {number}", "a quote without its other", REMEDY)
    if "gene_id" not in values:
        raise BadInput(path, f"line {number}", "no gene_id", REMEDY)
    first, last, strand = columns[3], columns[4], columns[6]
    if not (POSITION.fullmatch(first) and POSITION.fullmatch(last) and 1 <= int(first) <= int(last)):
        reason = f"start {first!r} and end {last!r} are not 1 <= start <= end"
        raise BadInput(path, f"line {number}", reason, REMEDY)
    if strand not in ("+", "-"):
        raise BadInput(path, f"line {number}", f"the strand is {strand!r}, neither + nor -", REMEDY)
    if is_par_y(values["gene_id"]):  # the same gene once more, on chromosome Y
        return
    start, end = int(first) - 1, int(last)
    gene_id, transcript_id = without_version(values["gene_id"]), without_version(values.get("transcript_id", ""))
    if gene_id not in genes:
        genes[gene_id] = Gene(
            gene_id,
            symbol=values.get("gene_name", gene_id),
            biotype=values.get("gene_biotype") or values.get("gene_type", ""),  # Ensembl, GENCODE
            chrom=columns[0],
            strand=strand,
        )
    gene = genes[gene_id]
    if columns[2] == "exon":
        gene.exons.append((start, end))
    if not transcript_id:  # an annotation cut down to genes and exons
        return
    if transcript_id not in gene.transcripts:
        biotype = values.get("transcript_biotype") or values.get("transcript_type", "")
        gene.transcripts[transcript_id] = Transcript(transcript_id, biotype, start=start, end=end)
    transcript = gene.transcripts[transcript_id]
    transcript.tags.update(value for name, value in pairs if name == "tag")
    transcript.start, transcript.end = min(transcript.start, start), max(transcript.end, end)
    if columns[2] == "CDS":
        transcript.coding_length += end - start
        transcript.protein_id = without_version(values.get("protein_id", ""))
