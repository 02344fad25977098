"""Genes and transcripts as an annotation has them, whatever its format.

Coordinates are bp, 0-based and half-open.
"""

from __future__ import annotations

from dataclasses import dataclass, field

CODING = "protein_coding"


@dataclass
class Transcript:
    transcript_id: str
    biotype: str
    tags: set[str] = field(default_factory=set)
    protein_id: str = ""
    coding_length: int = 0  # bp of CDS
    start: int = 0
    end: int = 0

    @property
    def coding(self) -> bool:
        """Whether it has a CDS and is called protein-coding (RefSeq: mRNA), or is called nothing."""
        return self.coding_length > 0 and self.biotype in (CODING, "mRNA", "")


@dataclass
class Gene:
    """A gene at one place: a chromosome, a strand and, where the annotation has a line of it, its span there."""

    gene_id: str
    symbol: str
    biotype: str
    chrom: str
    strand: str
    span: tuple[int, int] | None = None
    exons: list[tuple[int, int]] = field(default_factory=list)
    transcripts: dict[str, Transcript] = field(default_factory=dict)

    @property
    def coding(self) -> bool:
        """Whether it is called protein-coding, or is called nothing, and has such a transcript."""
        return self.biotype in (CODING, "") and any(item.coding for item in self.transcripts.values())

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
