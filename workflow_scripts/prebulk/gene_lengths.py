"""A declared table of gene lengths."""

from __future__ import annotations

import csv
from pathlib import Path

from workflow_scripts.contracts.errors import BadInput
from workflow_scripts.prebulk.identifiers import without_version


def read_lengths(path: Path, gene_column: str, length_column: str) -> dict[str, float]:
    """Return gene id (no version) -> length in bp from a .csv, or a tab-separated file of any other suffix.

    Raises BadInput for a missing column, for a length that is no positive number (with its line), and for a
    gene with two different lengths.
    """
    lengths: dict[str, float] = {}
    with path.open(newline="") as handle:
        rows = csv.DictReader(handle, delimiter="," if path.suffix == ".csv" else "\t")
        absent = {gene_column, length_column} - set(rows.fieldnames or [])
        if absent:
            remedy = f"Its columns are {', '.join(rows.fieldnames or [])}: name two of them in the configuration."
            raise BadInput(path, f"column {min(absent)!r}", "is missing", remedy)
        for row in rows:
            place = f"line {rows.line_num}"
            try:
                length = float(row[length_column])
            except (TypeError, ValueError):
                length = float("nan")
            if not 0 < length < float("inf"):
                reason = f"the length {row[length_column]!r} is no positive number"
                raise BadInput(path, place, reason, "Correct the table.")
            gene_id = without_version(row[gene_column])
            if lengths.setdefault(gene_id, length) != length:
                raise BadInput(path, place, f"a second length for {gene_id}", "Keep one length per gene.")
    return lengths
