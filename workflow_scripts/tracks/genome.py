"""Chromosomes of the genome: names, lengths, and the other spellings under which files know them."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from workflow_scripts.io.errors import BadInput

MITOCHONDRION = "MT"
_MITOCHONDRIA = {"M", "MT", "MITO", "MITOCHONDRION", "MITOCHONDRION_GENOME"}
# UCSC's name of an unplaced or alternative sequence: chrUn_KI270302v1, chr1_KI270706v1_random, chr6_GL000250v2_alt.
_SCAFFOLD = re.compile(
    r"(?=chrUn_|.*_(?:random|alt|fix|hap[0-9]+)$)chr[0-9A-Za-z]+_([0-9A-Za-z]+?)(?:v([0-9]+))?(?:_[a-z]+[0-9]*)?"
)


def bare(name: str) -> str:
    """What all spellings of one chromosome share: chrI and I, chrM and Mito, chrUn_KI270302v1 and KI270302.1."""
    scaffold = _SCAFFOLD.fullmatch(name)
    if scaffold:
        accession, version = scaffold.groups()
        return f"{accession.upper()}.{version}" if version else accession.upper()
    name = re.sub("^chr", "", name, flags=re.IGNORECASE).upper()
    return MITOCHONDRION if name in _MITOCHONDRIA else name


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
        """Read a samtools .fai index: name, length, offset, bases and bytes a line."""
        lengths = {}
        # A damaged byte is shown, not met as an error of decoding.
        for number, line in enumerate(index.read_text("utf-8", errors="replace").splitlines(), 1):
            try:
                name, length, _, _, _ = line.split("\t")
                lengths[name] = int(length)
            except ValueError as error:
                raise BadInput(
                    index, f"line {number}", f"is not a line of an index: {line[:60]!r}", "Index the genome again."
                ) from error
        return cls(lengths)

    def find(self, name: str) -> str | None:
        """The genome's name of the chromosome that a file calls `name`; None if it has no such one."""
        return name if name in self.lengths else self._by_bare.get(bare(name))


def place(genome: Genome, name: str, path: Path, drop: list[str]) -> str | None:
    """The genome's name of a chromosome that holds signal in the file at `path`; None if it is to be dropped.

    Dropped are the chromosomes that the configuration lists (`drop`), and unplaced or alternative
    sequences in UCSC's spelling that the genome lacks. Any other unknown chromosome raises BadInput.
    """
    if name in drop:
        return None
    found = genome.find(name)
    if found is None and not _SCAFFOLD.fullmatch(name):
        some = ", ".join(list(genome.lengths)[:3])
        raise BadInput(
            path,
            f"chromosome {name!r}",
            f"is not in the genome, which has {some}, ...",
            "Take the genome that the track was made with, or list the chromosome in the track's drop_chromosomes.",
        )
    return found
