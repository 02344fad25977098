"""FASTA as text, plain or gzipped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import replacing
from workflow_scripts.io.text import whole_lines

WIDTH = 60  # letters of a line


class Record(NamedTuple):
    line: int  # of the header, from 1
    header: str  # without `>`
    sequence: str


def records(path: Path, remedy: str) -> Iterator[Record]:
    """Yield the records of a file; a file that is damaged, cut short or no FASTA raises BadInput with the line."""
    header, first, parts = None, 0, []
    for number, line in whole_lines(path):
        if line.startswith(">"):
            if header is not None:
                yield Record(first, header, "".join(parts))
            header, first, parts = line[1:].strip(), number, []
        elif header is not None:
            parts.append(line.strip())
        elif line.strip():
            raise BadInput(path, f"line {number}", "is not a FASTA header", remedy)
    if header is not None:
        yield Record(first, header, "".join(parts))


def write(records: Iterable[tuple[str, str]], path: Path) -> None:
    """Write (header, sequence) of each record, in lines of `WIDTH` letters."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as handle:
        for header, sequence in records:
            handle.write(f">{header}\n")
            for first in range(0, len(sequence), WIDTH):
                handle.write(sequence[first : first + WIDTH] + "\n")
