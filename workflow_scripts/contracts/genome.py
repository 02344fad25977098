"""Genome: the sequence that every place refers to, and its chromosomes under all their spellings.

`results/reference/genome.fa` (plain FASTA, as the source has it) and `genome.fa.fai` (samtools index: name, length,
offset, bases and bytes a line, tab-separated), each with its seal beside it, written by `reference/index_genome`.
Sequence is read by pysam.

`results/reference/chromosomes.parquet`, written by `reference/name_chromosomes`, one row a spelling: spelling (str,
unique), chrom (str, as the genome has it), length (int64, bp). First the genome's own names in its order, each its own
spelling; then the aliases that the configuration gives. `Genome` finds more without being told (`bare`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from workflow_scripts.io.seal import require_intact_beside
from workflow_scripts.io.tables import read_table, write_table

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


@cache
def schema() -> pa.DataFrameSchema:
    return pa.DataFrameSchema(
        {
            "spelling": pa.Column(str, pa.Check.str_length(min_value=1), unique=True),
            "chrom": pa.Column(str),
            "length": pa.Column("int64", pa.Check.ge(0)),
        },
        checks=pa.Check(
            lambda table: table["chrom"].isin(set(table.loc[table["spelling"] == table["chrom"], "chrom"])),
            name="every chrom is a spelling of itself",
        ),
        name="Chromosomes",
        strict=True,
        ordered=True,
    )


class Genome:
    """Names and lengths (bp) of the chromosomes, in the order of the genome file.

    aliases: other spellings, each with the genome's name of its chromosome.
    """

    def __init__(self, lengths: dict[str, int], aliases: dict[str, str] | None = None) -> None:
        self.lengths = lengths
        self.aliases = aliases or {}
        found = defaultdict(set)
        for spelling, name in {**dict(zip(lengths, lengths, strict=True)), **self.aliases}.items():
            found[bare(spelling)].add(name)
        self._by_bare = {key: min(names) for key, names in found.items() if len(names) == 1}

    def find(self, name: str) -> str | None:
        """The genome's name of the chromosome that a file calls `name`; None if it has no such one.

        The genome's own name goes before an alias, and an alias before a spelling that is understood without one.
        """
        return name if name in self.lengths else self.aliases.get(name) or self._by_bare.get(bare(name))

    def is_mitochondrion(self, name: str) -> bool:
        """Whether any spelling of the genome's chromosome `name` is one of a mitochondrion."""
        return any(map(is_mitochondrion, [name, *(other for other, of in self.aliases.items() if of == name)]))


def write(genome: Genome, path: Path) -> None:
    """Write the chromosomes and their aliases."""
    spellings = {**dict(zip(genome.lengths, genome.lengths, strict=True)), **genome.aliases}
    table = pd.DataFrame({"spelling": list(spellings), "chrom": list(spellings.values())})
    write_table(table.assign(length=table["chrom"].map(genome.lengths)), path, schema())


def read(path: Path) -> Genome:
    """Read the chromosomes and their aliases."""
    table, _ = read_table(path, schema())
    own = table["spelling"] == table["chrom"]
    names, lengths = table.loc[own, "chrom"], table.loc[own, "length"]
    aliases = table[~own]
    return Genome(
        dict(zip(names, map(int, lengths), strict=True)), dict(zip(aliases["spelling"], aliases["chrom"], strict=True))
    )


def read_index(path: Path) -> dict[str, int]:
    """The lengths (bp) by name in a samtools .fai index; a damaged one raises BadInput."""
    require_intact_beside(path)
    rows = (line.split("\t") for line in path.read_text(encoding="utf-8", errors="replace").splitlines())
    return {name: int(length) for name, length, *_ in rows}
