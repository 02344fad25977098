"""The sample sheet of a user: a table with a line for each sample.

It needs the standard library alone: of files of one sample each, the Snakefile reads from it which they are.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from pathlib import Path
from typing import NamedTuple

from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.text import open_maybe_gzip

SAMPLE, FILE = "sample", "file"
# Columns that tables of samples have of themselves, and what AnnData calls its index.
RESERVED = ("sample_id", "corpus", "shard", "split", "fate", "total_counts", "nonzero_genes", "duplicate_of", "_index")


class Sheet(NamedTuple):
    """A sheet as text, without blanks around."""

    header: list[str]
    lines: dict[int, list[str]]  # by their number in the file

    def column(self, name: str) -> list[str]:
        return [line[self.header.index(name)] for line in self.lines.values()]


def read_sheet(path: Path, files: bool) -> Sheet:
    """The sheet at `path`; `files`: whether it has a column `file`, which names the file of each sample.

    Text in UTF-8 with tabs between, or with commas where its name ends in .csv; the last line needs no end. Raises
    BadInput, naming the line, where a column has no name or the name of another, a line has another number of fields
    than the header, or a sample or a file has no name or that of another one.
    """
    comma = path.name.removesuffix(".gz").endswith(".csv")
    lines = {number: row for number, row in enumerate(_rows(path, "," if comma else "\t"), 1) if any(row)}
    if not lines:
        raise BadInput(path, "", "is empty", f"Give a table whose first line names its columns, `{SAMPLE}` among them.")
    header = lines.pop(next(iter(lines)))
    _require_columns(path, header, files)
    if not lines:
        raise BadInput(path, "", "holds no sample", "Give a line for each sample.")
    for number, row in lines.items():
        if len(row) != len(header):
            reason = f"{len(row)} fields for {len(header)} columns"
            raise BadInput(path, f"line {number}", reason, "Give each line as many fields as the header.")
        if "\0" in "".join(row):
            raise BadInput(path, f"line {number}", "holds the character NUL", "Correct the line.")
    sheet = Sheet(header, lines)
    for column in (SAMPLE, FILE) if files else (SAMPLE,):
        _require_unique(path, sheet, column)
    return sheet


def _require_unique(path: Path, sheet: Sheet, column: str) -> None:
    """Raise BadInput unless each line names a sample, or a file, of its own."""
    seen: dict[str, int] = {}
    for number, name in zip(sheet.lines, sheet.column(column), strict=True):
        if not name:
            raise BadInput(path, f"line {number}", f"names no {column}", "Correct the line.")
        if name in seen:
            reason = f"{column} {name!r} stands in line {seen[name]} already"
            raise BadInput(path, f"line {number}", reason, f"Keep one line for each {column}.")
        seen[name] = number


def _rows(path: Path, separator: str) -> list[list[str]]:
    """The fields of every line; a line of blanks has only empty ones."""
    try:
        with open_maybe_gzip(path, "rb") as handle:
            text = handle.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput(path, "", "is no UTF-8 text", "Save the sheet as text in UTF-8, with tabs between.") from None
    except (OSError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BadInput(path, "", f"cannot be read ({error})", "Give the sheet as plain text.") from error
    try:
        return [[field.strip() for field in row] for row in csv.reader(text.splitlines(), delimiter=separator)]
    except csv.Error as error:
        raise BadInput(path, "", f"is no table ({error})", "Save the sheet as text in UTF-8.") from error


def _require_columns(path: Path, header: list[str], files: bool) -> None:
    for column, what in ((SAMPLE, "sample names"), (FILE, "files of counts"))[: 2 if files else 1]:
        if column not in header:
            hint = " Its first line holds no tab: name a sheet with commas .csv." if len(header) == 1 else ""
            reason = f"has no column `{column}`; its columns are {', '.join(map(repr, header))}"
            raise BadInput(path, "line 1", reason, f"Name the column of {what} `{column}`.{hint}")
    for column in header:
        reason = "a column has no name" if not column else ""
        reason = reason or (f"column {column!r} stands twice" if header.count(column) > 1 else "")
        if column in RESERVED or (column == FILE and not files):
            reason = reason or f"column {column!r} has a name that the workflow gives itself"
        if reason:
            raise BadInput(path, "line 1", reason, "Rename the column.")
