"""The sample sheet of a user: a table with a line for each sample."""

from __future__ import annotations

import csv
import gzip
import zlib
from pathlib import Path

import pandas as pd

from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.text import open_maybe_gzip

SAMPLE = "sample"
# Columns that tables of samples have of themselves.
RESERVED = ("sample_id", "file", "corpus", "shard", "split", "fate", "total_counts", "nonzero_genes", "duplicate_of")


def read_sheet(path: Path) -> pd.DataFrame:
    """The sheet as text, without blanks around: sample_id (its column `sample`) first, then its other columns.

    Text in UTF-8 with tabs between, or with commas where its name ends in .csv; the last line needs no end. Raises
    BadInput, naming the line, where a column has no name or the name of another, a line has another number of fields
    than the header, or a sample has no name or that of another one.
    """
    comma = path.name.removesuffix(".gz").endswith(".csv")
    lines = [(number, row) for number, row in enumerate(_rows(path, "," if comma else "\t"), 1) if any(row)]
    if not lines:
        raise BadInput(path, "", "is empty", f"Give a table whose first line names its columns, `{SAMPLE}` among them.")
    (_, header), *body = lines
    _require_columns(path, header)
    if not body:
        raise BadInput(path, "", "holds no sample", "Give a line for each sample.")
    seen: dict[str, int] = {}
    for number, row in body:
        if len(row) != len(header):
            reason = f"{len(row)} fields for {len(header)} columns"
            raise BadInput(path, f"line {number}", reason, "Give each line as many fields as the header.")
        name = row[header.index(SAMPLE)]
        if not name or "\0" in "".join(row):
            reason = "holds the character NUL" if name else "names no sample"
            raise BadInput(path, f"line {number}", reason, "Correct the line.")
        if name in seen:
            reason = f"sample {name!r} stands in line {seen[name]} already"
            raise BadInput(path, f"line {number}", reason, "Keep one line for each sample.")
        seen[name] = number
    table = pd.DataFrame([row for _, row in body], columns=header, dtype=object).rename(columns={SAMPLE: "sample_id"})
    return table[["sample_id", *(column for column in table if column != "sample_id")]]


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


def _require_columns(path: Path, header: list[str]) -> None:
    if SAMPLE not in header:
        hint = " Its first line holds no tab: name a sheet with commas .csv." if len(header) == 1 else ""
        reason = f"has no column `{SAMPLE}`; its columns are {', '.join(map(repr, header))}"
        raise BadInput(path, "line 1", reason, f"Name the column of sample names `{SAMPLE}`.{hint}")
    for column in header:
        reason = "a column has no name" if not column else ""
        reason = reason or (f"column {column!r} stands twice" if header.count(column) > 1 else "")
        reason = reason or (
            f"column {column!r} has a name that the workflow gives itself" if column in RESERVED else ""
        )
        if reason:
            raise BadInput(path, "line 1", reason, "Rename the column.")
