"""A declared table of gene lengths."""

from __future__ import annotations

import csv
from pathlib import Path

from workflow_scripts.contracts.identifiers import without_version
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.text import whole_lines

CORRECT = "Correct the table."


def read_lengths(path: Path, gene_column: str, length_column: str) -> dict[str, float]:
    """Return gene id (no version) -> length in bp from a .csv, or a tab-separated file of any other suffix.

    Either may be gzipped. Raises BadInput for a file that is damaged, cut short or no text, for a missing column,
    for a line that has not the columns of the header or whose length is not a positive number, and for a gene
    with two different lengths.
    """
    try:
        return _lengths(path, gene_column, length_column)
    except csv.Error as error:
        raise BadInput(path, "", f"is no table ({error})", CORRECT) from error


def _lengths(path: Path, gene_column: str, length_column: str) -> dict[str, float]:
    lengths: dict[str, float] = {}
    comma = path.name.removesuffix(".gz").endswith(".csv")
    rows = csv.DictReader((line for _, line in whole_lines(path)), delimiter="," if comma else "\t")
    if not rows.fieldnames:
        raise BadInput(path, "", "is empty", "Give a table whose first line names its columns.")
    absent = {gene_column, length_column} - set(rows.fieldnames)
    if absent:
        remedy = f"Its columns are {', '.join(rows.fieldnames)}: name two of them in the configuration."
        raise BadInput(path, f"column {min(absent)!r}", "is missing", remedy)
    for row in rows:
        place = f"line {rows.line_num}"
        if None in row or None in row.values():  # what the reader says of a line too long or too short
            raise BadInput(path, place, f"has not the {len(rows.fieldnames)} columns of the header", CORRECT)
        try:
            length = float(row[length_column])
        except ValueError:
            length = float("nan")
        if not 0 < length < float("inf"):
            raise BadInput(path, place, f"the length {row[length_column]!r} is not a positive number", CORRECT)
        gene_id = without_version(row[gene_column])
        if lengths.setdefault(gene_id, length) != length:
            raise BadInput(path, place, f"a second length for {gene_id}", "Keep one length per gene.")
    return lengths
