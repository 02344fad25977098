"""Genome: the sequence that every place refers to, and its chromosomes under all their spellings.

`results/reference/genome.fa` (plain FASTA, as the source has it) and `genome.fa.fai` (samtools index: name, length,
offset, bases and bytes a line, tab-separated), each with its seal beside it, written by `reference/index_genome`.
`Genome.read` reads the index; sequence is read by pysam.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from workflow_scripts.io.seal import require_intact_beside

MITOCHONDRION = "MT"
_MITOCHONDRIA = {"M", "MT", "MITO", "MITOCHONDRION", "MITOCHONDRIAL", "MITOCHONDRION_GENOME"}
# UCSC's name of an unplaced or alternative sequence: chrUn_KI270302v1, chr1_KI270706v1_random, chr6_GL000250v2_alt.
SCAFFOLD = re.compile(
    r"(?=chrUn_|.*_(?:random|alt|fix|hap[0-9]+)$)chr[0-9A-Za-z]+_([0-9A-Za-z]+?)(?:v([0-9]+))?(?:_[a-z]+[0-9]*)?"
)


def bare(name: str) -> str:
    """What all spellings of one chromosome share: chrI and I, chrM and Mito, chrUn_KI270302v1 and KI270302.1."""
    scaffold = SCAFFOLD.fullmatch(name)
    if scaffold:
        accession, version = scaffold.groups()
        return f"{accession.upper()}.{version}" if version else accession.upper()
    name = re.sub("^chr", "", name, flags=re.IGNORECASE).upper()
    return MITOCHONDRION if name in _MITOCHONDRIA else name


def is_scaffold(name: str) -> bool:
    """Whether UCSC names an unplaced or alternative sequence so."""
    return SCAFFOLD.fullmatch(name) is not None


def is_mitochondrion(name: str) -> bool:
    """Mitochondrial genes are transcribed by another polymerase, on both strands from end to end."""
    return bare(name) == MITOCHONDRION


class Genome:
    """Names and lengths (bp) of the chromosomes, in the order of the genome file."""

    def __init__(self, lengths: dict[str, int]) -> None:
        self.lengths = lengths
        spellings = Counter(map(bare, lengths))
        self._by_bare = {bare(name): name for name in lengths if spellings[bare(name)] == 1}

    @classmethod
    def read(cls, index: Path) -> Genome:
        """Read a samtools .fai index: name, length, offset, bases and bytes a line; a damaged one raises BadInput."""
        require_intact_beside(index)
        rows = (line.split("\t") for line in index.read_text(encoding="utf-8", errors="replace").splitlines())
        return cls({name: int(length) for name, length, *_ in rows})

    def find(self, name: str) -> str | None:
        """The genome's name of the chromosome that a file calls `name`; None if it has no such one."""
        return name if name in self.lengths else self._by_bare.get(bare(name))
