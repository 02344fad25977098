"""Other spellings of the chromosomes of a genome, from the configuration and from the tables that there are of them.

- UCSC's chromAlias (https://genome.ucsc.edu/goldenPath/help/chromAlias.html), and any other table with tabs: a line
  names one chromosome in all its columns.
- NCBI's assembly report (https://www.ncbi.nlm.nih.gov/genbank/genome_reports/), whose header names the columns.
- Sizes (UCSC's chrom.sizes): name and length; of a name that the genome has not, the length tells the chromosome.

Tables list what a genome need not hold (haplotypes, patches): lines of no chromosome of the genome are passed over.
"""

from __future__ import annotations

import logging
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from workflow_scripts.contracts.genome import Genome
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.text import whole_lines

log = logging.getLogger(__name__)

REPORT = ("Sequence-Name", "GenBank-Accn", "RefSeq-Accn", "UCSC-style-name")  # what names a sequence in NCBI's report
ABSENT = ("", "na")
ASSEMBLY = "Take the table of the assembly of the genome."


class Line(NamedTuple):
    """One line of a table: the spellings of one sequence, and its length (bp) where the table has it."""

    number: int
    names: list[str]
    length: int | None


def declared_aliases(spec: dict, genome: Genome) -> Genome:
    """`genome` with the aliases of the configuration, {the genome's name: a spelling or several}, beside its own."""
    found = dict(genome.aliases)
    for name, spellings in spec.items():
        chrom = genome.find(name)
        if chrom is None:
            reason = f"the genome has no chromosome {name!r}, but {_some(genome)}"
            remedy = "Put other spellings below the genome's own name."
            raise BadInput("configuration", f"reference/chromosomes/{name}", reason, remedy)
        for spelling in [spellings] if isinstance(spellings, str) else spellings:
            _add(found, spelling, chrom, genome, "configuration", f"reference/chromosomes/{name}")
    return Genome(genome.lengths, found)


def read_aliases(path: Path, genome: Genome) -> Genome:
    """`genome` with the aliases of a table.

    Raises BadInput on a spelling of two chromosomes, on a length that differs, and on a table of another genome.
    """
    lines = _lines(path, genome)
    claimed = {name for line in lines for name in line.names if name in genome.lengths}
    unique = _unique(genome.lengths)
    unique &= {length for length, count in Counter(line.length for line in lines).items() if count == 1}
    by_length = {length: name for name, length in genome.lengths.items() if length in unique}
    found: dict[str, str] = {}
    passed = 0
    for line in lines:
        own = sorted(set(line.names) & claimed)
        if len(own) > 1:
            reason = f"{own[0]!r} and {own[1]!r} are two chromosomes of the genome"
            raise BadInput(path, f"line {line.number}", reason, "Name one chromosome in each line.")
        read = own or [chrom for chrom in map(genome.find, line.names) if chrom and chrom not in claimed]
        chrom = read[0] if read else by_length.get(line.length)
        if chrom is None:
            passed += 1
            continue
        if line.length not in (None, genome.lengths[chrom]):
            reason = f"has {line.length} bp, the genome's {chrom!r} {genome.lengths[chrom]}"
            raise BadInput(path, f"line {line.number}, alias {line.names[0]!r}", reason, ASSEMBLY)
        for name in line.names:
            _add(found, name, chrom, genome, path, f"line {line.number}")
    if passed == len(lines):
        raise BadInput(path, "", f"names no chromosome of the genome, which has {_some(genome)}", ASSEMBLY)
    log.info("%s: %d lines, of which %d name no chromosome of the genome", path, len(lines), passed)
    return Genome(genome.lengths, found)


def _add(found: dict[str, str], spelling: str, chrom: str, genome: Genome, where: Path | str, place: str) -> None:
    """Add an alias to those that were found, unless it stands for another chromosome already."""
    other = found.get(spelling) or genome.find(spelling)
    if other not in (None, chrom):
        reason = f"alias {spelling!r} stands for {chrom!r}, but also for {other!r}"
        raise BadInput(where, place, reason, "Leave it out, or keep it for one of them.")
    if spelling not in genome.lengths:
        found[spelling] = chrom


def _some(genome: Genome) -> str:
    return f"{', '.join(list(genome.lengths)[:3])}, ..."


def _unique(lengths: dict[str, int]) -> set[int]:
    """Lengths that no two chromosomes have."""
    return {length for length, count in Counter(lengths.values()).items() if count == 1}


def _lines(path: Path, genome: Genome) -> list[Line]:
    """The lines of a table, by what its header or its lines tell that it is."""
    header: list[str] = []
    rows: list[tuple[int, list[str]]] = []
    for number, text in whole_lines(path):
        columns = [column.strip() for column in text.rstrip("\r\n").split("\t")]
        if text.startswith("#"):
            header = [columns[0].lstrip("# "), *columns[1:]]
        elif any(columns):
            rows.append((number, columns))
    if header[:1] == [REPORT[0]]:
        return [_of_report(number, dict(zip(header, columns, strict=False))) for number, columns in rows]
    if all(len(columns) == 2 and columns[1].isdecimal() and columns[1] not in genome.lengths for _, columns in rows):
        return [Line(number, columns[:1], int(columns[1])) for number, columns in rows]
    return [Line(number, [name for name in columns if name not in ABSENT], None) for number, columns in rows]


def _of_report(number: int, values: dict[str, str]) -> Line:
    names = [values[column] for column in REPORT if values.get(column, "") not in ABSENT]
    length = values.get("Sequence-Length", "")
    return Line(number, names, int(length) if length.isdecimal() else None)
