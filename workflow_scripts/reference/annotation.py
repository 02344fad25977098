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
    """A gene at one place: a chromosome, a strand and, where the GTF has a line of the gene itself, its span there."""

    gene_id: str
    symbol: str
    biotype: str
    chrom: str
    strand: str
    span: tuple[int, int] | None = None
    exons: list[tuple[int, int]] = field(default_factory=list)
    transcripts: dict[str, Transcript] = field(default_factory=dict)

    @property
    def start(self) -> int:
        return min(start for start, _ in self.exons)

    @property
    def end(self) -> int:
        return max(end for _, end in self.exons)

    def within(self, start: int, end: int) -> bool:
        """Whether all that is known of it lies there."""
        parts = [*self.exons, *((transcript.start, transcript.end) for transcript in self.transcripts.values())]
        return all(start <= first and last <= end for first, last in parts)

    @property
    def exon_length(self) -> int:
        """Length in bp of the union of all exons of all transcripts."""
        covered, reached = 0, -1
        for start, end in sorted(self.exons):
            covered += max(0, end - max(start, reached))
            reached = max(reached, end)
        return covered


def read_annotation(path: Path) -> tuple[dict[str, list[Gene]], str]:
    """Return the genes of a plain or gzipped GTF by gene id, and the assembly that its header names (or "").

    An id that stands at several places (other chromosomes or strands, or several lines of the gene itself) gives as
    many genes: X and Y of a pseudoautosomal gene, for one. The copies on Y that GENCODE marks are left out.

    `tag` repeats on a line and is read as a list. Raises BadInput with the line of a malformed record, and for a
    file that is damaged or cut short.
    """
    genes: dict[str, list[Gene]] = {}
    assembly = ""
    for number, line in whole_lines(path):
        if line.startswith("#"):
            build = BUILD.match(line)
            assembly = assembly or (build[1] if build else "")
            continue
        columns = line.rstrip("\n").split("\t")
        if len(columns) != 9:
            raise BadInput(path, f"line {number}", f"{len(columns)} columns where a GTF has 9", REMEDY)
        if columns[2] in ("gene", "transcript", "exon", "CDS"):
            _add(genes, path, number, columns)
    kept = {gene_id: [gene for gene in places if gene.exons] for gene_id, places in genes.items()}
    return {gene_id: places for gene_id, places in kept.items() if places}, assembly


def _add(genes: dict[str, list[Gene]], path: Path, number: int, columns: list[str]) -> None:
    """Add one gene, transcript, exon or CDS record to its gene."""
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
    chrom, feature = columns[0], columns[2]
    here = [gene for gene in genes.get(gene_id, []) if (gene.chrom, gene.strand) == (chrom, strand)]
    if feature == "gene":  # of records that stand before it in a file that is sorted by place
        here = [gene for gene in here if gene.span is None and gene.within(start, end)]
    else:
        here = [gene for gene in here if gene.span is None or gene.span[0] <= start < end <= gene.span[1]]
    if not here:
        biotype = values.get("gene_biotype") or values.get("gene_type", "")  # Ensembl, GENCODE
        here = [Gene(gene_id, values.get("gene_name", gene_id), biotype, chrom, strand)]
        genes.setdefault(gene_id, []).extend(here)
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
