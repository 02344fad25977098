"""Counts from the base coverage of recount3: `{source}.gene_sums.{project}.{annotation}.gz`.

A few lines that begin with ##, a header `gene_id sample...`, and a line per gene with the sum of the coverage of its
bases. Coverage divided by the mean mapped length of a sample's reads is its number of reads (Wilks et al., Genome
Biology 22:323, 2021); the tables `recount_qc` beside the sums tell that length, as `star.average_mapped_length` of each
`external_id`. TPM do not depend on it; total counts do. See `registry` for what a reader has.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.text import whole_lines
from workflow_scripts.prebulk.gene_mapping import GeneMapping, GeneNames
from workflow_scripts.prebulk.text_matrix import TextMatrix, part_of, read_columns, read_header, row_names

SCALES = ("counts",)
OPTIONS = ("qc",)
NEEDS = ("qc",)
IN_FOLDER = ()
GROUPS = {}
LABELS = {}
FIELDS = ["sample_id"]
QUALITY = ()
SAMPLE, LENGTH = "external_id", "star.average_mapped_length"  # columns of recount_qc
LAYOUT = "Give the recount_qc table of the project, {source}.recount_qc.{project}.MD.gz."


def _open(path: Path) -> TextMatrix:
    number, separator, names, _ = read_header(path, comment="##", separator="\t")
    if names[0] != "gene_id":
        raise BadInput(path, f"line {number}", f"begins with {names[0]!r}, not gene_id", "Give gene_sums of recount3.")
    return TextMatrix(path, separator, number, 1, names[1:])


def read_lengths(paths: list[Path]) -> dict[str, float]:
    """Mean mapped length (bases) of the reads of each sample, of pairs that of both together."""
    found: dict[str, float] = {}
    for path in paths:
        lines = csv.DictReader((line for _, line in whole_lines(path)), delimiter="\t")
        missing = {SAMPLE, LENGTH} - set(lines.fieldnames or [])
        if missing:
            raise BadInput(path, f"column {min(missing)!r}", "is missing", LAYOUT)
        for line in lines:
            try:
                length = float(line[LENGTH])
            except (TypeError, ValueError):
                length = float("nan")
            if not 0 < length < 1e6:
                place, reason = f"line {lines.line_num}", f"{LENGTH} {line[LENGTH]!r} is no length of reads"
                raise BadInput(path, place, reason, "Leave the sample out of the counts, or correct its length.")
            found[line[SAMPLE]] = length
    return found


def read_samples(path: Path, part: int, parts: int, fields: set[str], *, qc: list[Path]) -> pd.DataFrame:
    """sample_id, which is recount3's external_id."""
    names = _open(path).columns
    return pd.DataFrame({"sample_id": names[part_of(len(names), part, parts)]}, dtype=object)


def read_genes(path: Path, *, qc: list[Path]) -> GeneNames:
    return GeneNames([row_names(_open(path))])


def read_counts(
    path: Path, mapping: GeneMapping, part: int, parts: int, wanted: np.ndarray, threads: int, *, qc: list[Path]
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (positions within the part, reads per gene of the table as float64, genes x samples).

    Raises BadInput where no table of `qc` tells the length of a sample's reads; see also `text_matrix.read_columns`.
    """
    matrix, lengths = _open(path), read_lengths(qc)
    names = np.array(matrix.columns, object)[part_of(len(matrix.columns), part, parts)]
    absent = [name for name in names[wanted] if name not in lengths]
    if absent:
        raise BadInput(path, f"sample {absent[0]!r}", "no table of `qc` tells the length of its reads", LAYOUT)
    for positions, coverage in read_columns(matrix, mapping, part, parts, wanted, "counts"):
        yield positions, coverage / np.array([lengths[name] for name in names[positions]])
