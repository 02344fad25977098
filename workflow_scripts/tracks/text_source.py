"""Signal in text: wig (variableStep and fixedStep) and bedGraph, plain or gzipped.

Formats: https://genome.ucsc.edu/goldenPath/help/wiggle.html (positions count from 1) and
https://genome.ucsc.edu/goldenPath/help/bedgraph.html (positions count from 0, ends excluded).
"""

from __future__ import annotations

import math
from array import array
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from workflow_scripts.contracts.genome import Genome
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.text import whole_lines
from workflow_scripts.tracks.chromosomes import place
from workflow_scripts.tracks.runs import NONE, Runs, clip

BUFFER = 1 << 20  # data lines that are held in memory at a time
LARGEST = float(np.finfo(np.float32).max)


class Line(NamedTuple):
    """One data line: chromosome as written, start and end (bp, 0-based half-open), value."""

    number: int
    chrom: str
    start: int
    end: int
    value: float


class _Declaration:
    """A `variableStep` or `fixedStep` line of a wig file."""

    def __init__(self, fields: list[str]) -> None:
        keys = dict(field.split("=") for field in fields[1:])
        self.fixed = fields[0] == "fixedStep"
        self.chrom = keys.pop("chrom")
        self.span = int(keys.pop("span", 1))
        self.next = int(keys.pop("start")) - 1 if self.fixed else 0
        self.step = int(keys.pop("step", 1)) if self.fixed else 0
        if keys or self.span < 1 or self.step < 0:
            raise ValueError

    def read(self, fields: list[str]) -> tuple[int, float]:
        """0-based start and value of a data line below this declaration."""
        if self.fixed:
            (value,) = fields
            start, self.next = self.next, self.next + self.step
            return start, float(value)
        position, value = fields
        return int(position) - 1, float(value)


def lines(path: Path) -> Iterator[Line]:
    """The data lines of a wig or bedGraph file.

    Raises BadInput with the number of a line that is neither, and of a last line that has no end.
    """
    declaration = None
    for number, text in whole_lines(path, errors="replace"):  # titles may be in any encoding
        fields = text.split()
        if not fields or text.startswith("#") or fields[0] == "browser":
            continue
        try:
            if fields[0] == "track":
                declaration = None
            elif fields[0] in ("variableStep", "fixedStep"):
                declaration = _Declaration(fields)
            elif declaration is not None:
                start, value = declaration.read(fields)
                yield Line(number, declaration.chrom, start, start + declaration.span, value)
            else:
                chrom, first, end, value = fields
                yield Line(number, chrom, int(first), int(end), float(value))
        except (ValueError, KeyError) as error:
            reason = f"is not a line of a wig or bedGraph file: {text.strip()[:60]!r}"
            raise BadInput(path, f"line {number}", reason, "Fix the file, or fetch it again.") from error


class TextSource:
    """A wig or bedGraph file, laid out by chromosome in the folder `scratch` so that any order can be read.

    Chromosomes may stand in any order and come back; within each, lines go forward and do not overlap.
    Memory: `BUFFER` lines, whatever the file. Raises BadInput with the number of the first bad line.
    """

    def __init__(self, path: Path, genome: Genome, drop: list[str], scratch: Path) -> None:
        self.path = path
        self._scratch = scratch
        self._numbers = {name: number for number, name in enumerate(genome.lengths)}
        self._columns: dict[str, Runs] = {}
        self.dropped: dict[str, float] = defaultdict(float)
        self._spool(genome, drop)

    def read(self, chrom: str, start: int, end: int) -> Runs:
        """The runs within [start, end) of a chromosome of the genome."""
        columns = self._columns.get(chrom)
        return NONE if columns is None else clip(columns, start, end)

    def finish(self) -> None:
        """Nothing is left to check: every line was read when the file was opened."""

    def _spool(self, genome: Genome, drop: list[str]) -> None:
        written: dict[str, str] = {}  # the file's name of each chromosome of the genome
        reached: dict[str, int] = defaultdict(int)  # bp, the end of its last line
        name, chrom = None, None
        buffer = array("q"), array("q"), array("d")
        for line in lines(self.path):
            if line.chrom != name or len(buffer[0]) >= BUFFER:
                self._flush(chrom, buffer)
            if line.chrom != name:
                name, chrom = line.chrom, place(genome, line.chrom, self.path, drop)
                if chrom is not None and written.setdefault(chrom, name) != name:
                    reason = f"is also called {written[chrom]!r} in the same file"
                    raise BadInput(self.path, f"line {line.number}, {name!r}", reason, "Give it one name.")
            if chrom is None:
                self.dropped[name] += abs(line.value) * (line.end - line.start)
                continue
            fault = _fault(line, reached[chrom], genome.lengths[chrom])
            if fault:
                raise BadInput(self.path, f"line {line.number}, {name}:{line.start + 1}-{line.end}", *fault)
            reached[chrom] = line.end
            for column, value in zip(buffer, line[2:], strict=True):
                column.append(value)
        self._flush(chrom, buffer)
        for chrom in written:
            files = self._files(chrom)
            if files[0].exists():
                kinds = (np.int64, np.int64, np.float64)
                self._columns[chrom] = Runs(*(np.memmap(f, kind, "r") for f, kind in zip(files, kinds, strict=True)))

    def _flush(self, chrom: str | None, buffer: tuple[array, ...]) -> None:
        if chrom is not None and buffer[0]:
            for file, column in zip(self._files(chrom), buffer, strict=True):
                with file.open("ab") as handle:
                    column.tofile(handle)
        for column in buffer:
            del column[:]

    def _files(self, chrom: str) -> list[Path]:
        return [self._scratch / f"{self._numbers[chrom]}.{column}" for column in Runs._fields]


def _fault(line: Line, reached: int, length: int) -> tuple[str, str] | None:
    """Reason and remedy, if a line may not follow one that ends at `reached`."""
    if not 0 <= line.start < line.end:
        return "is not an interval", "Fix the file; wig counts from 1, bedGraph from 0."
    if line.end > length:
        return f"lies beyond the chromosome's {length} bp", "Take the assembly that the track was made with."
    if line.start < reached:
        return "overlaps an earlier line or stands before it", "Sort the file by chromosome and start, each base once."
    if not math.isfinite(line.value):
        return f"the value {line.value} is not a number", "Leave out positions without a value."
    if abs(line.value) > LARGEST:
        return f"the value {line.value} is more than a bigWig can hold", "Fix the file, or scale its values."
    return None
