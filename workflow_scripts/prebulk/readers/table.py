"""Counts in a table of text: genes down and samples across, or the other way round.

Tabs or commas between, gzipped or not; Ensembl ids, with or without version, or symbols. Columns between the name of a
row and its first value are passed over: with genes down those before the first sample of the sheet, else those that are
no numbers. Of genes down, memory is genes of the table x samples of the part. See `registry` for what a reader has.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.io.errors import BadInput
from workflow_scripts.prebulk.gene_mapping import GeneMapping, GeneNames
from workflow_scripts.prebulk.scales import Evidence, linear, require_values
from workflow_scripts.prebulk.text_matrix import (
    BLOCK,
    TextMatrix,
    part_of,
    read_columns,
    read_header,
    row_names,
    rows,
)

SCALES = ("counts", "tpm", "log2_counts", "log2_tpm")
OPTIONS = ("scale", "samples", "samples_in")
NEEDS = ("samples",)
IN_FOLDER = ()
GROUPS = {}
LABELS = {}
FIELDS = ["sample_id"]
QUALITY = ()


def open_table(path: Path, samples: set[str], samples_in: str) -> TextMatrix:
    """The header of a table, whose samples stand in columns or in rows."""
    number, separator, names, after = read_header(path)
    if samples_in == "columns":
        leading = next((at for at, name in enumerate(names) if at and name in samples), len(names))
    else:
        leading = next((at for at, field in enumerate(after) if at and _is_number(field)), len(names))
    if leading == len(names):
        what = "names no sample of the sheet" if samples_in == "columns" else "is followed by no number"
        other = "rows" if samples_in == "columns" else "columns"
        remedy = f"Name samples as the sheet does, or set samples_in: {other}; its names are {', '.join(names[:5])}."
        raise BadInput(path, f"line {number}", f"the header {what}", remedy)
    return TextMatrix(path, separator, number, leading, names[leading:])


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def read_samples(
    path: Path, part: int, parts: int, fields: set[str], *, scale: str, samples: set[str], samples_in: str
) -> pd.DataFrame:
    """sample_id for the samples of one part, as the header or the first column has them."""
    matrix = open_table(path, samples, samples_in)
    names = matrix.columns if samples_in == "columns" else row_names(matrix)
    return pd.DataFrame({"sample_id": names[part_of(len(names), part, parts)]}, dtype=object)


def read_genes(path: Path, *, scale: str, samples: set[str], samples_in: str) -> GeneNames:
    matrix = open_table(path, samples, samples_in)
    return GeneNames([matrix.columns if samples_in == "rows" else row_names(matrix)])


def read_counts(
    path: Path,
    mapping: GeneMapping,
    part: int,
    parts: int,
    wanted: np.ndarray,
    threads: int,
    *,
    scale: str,
    samples: set[str],
    samples_in: str,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (positions within the part, counts or TPM per gene of the table as float64, genes x samples).

    Of the samples of the sheet every value is checked. Raises BadInput with the line where a value is none of the
    declared scale, and where all of them together are on another one.
    """
    matrix = open_table(path, samples, samples_in)
    if samples_in == "rows":
        yield from _read_rows(matrix, mapping, part, parts, wanted, scale, samples)
        return
    checked = [at for at, name in enumerate(matrix.columns) if name in samples]
    yield from read_columns(matrix, mapping, part, parts, wanted, scale, checked)


def _read_rows(
    matrix: TextMatrix,
    mapping: GeneMapping,
    part: int,
    parts: int,
    wanted: np.ndarray,
    scale: str,
    samples: set[str],
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """As `read_counts`, of a table with a line a sample."""
    total = len(row_names(matrix))
    own = part_of(total, part, parts)
    evidence = Evidence(total, scale)
    positions, block = [], []
    for at, (number, name, values) in enumerate(rows(matrix)):
        if name not in samples:
            continue
        require_values(values, scale, matrix.path, f"line {number}, {name}", "gene", matrix.columns)
        evidence.add(values[:, None], slice(at, at + 1))
        if own.start <= at < own.stop and wanted[at - own.start]:
            positions.append(at - own.start)
            block.append(linear(values[mapping.rows], scale))
        if len(block) == BLOCK:
            yield np.array(positions), mapping.sum_rows(np.array(block).T)
            positions, block = [], []
    evidence.require(matrix.path)
    if block:
        yield np.array(positions), mapping.sum_rows(np.array(block).T)
