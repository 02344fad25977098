"""Counts or TPM in a GCT file, as GTEx publishes them: two lines of preamble, then genes x samples.

`#1.2`, then the numbers of genes and of samples, then a header `Name Description sample...` and a line per gene, with
tabs between; gzipped or not. See `registry` for what a reader has.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.text import whole_lines
from workflow_scripts.prebulk.gene_mapping import GeneMapping, GeneNames
from workflow_scripts.prebulk.text_matrix import TextMatrix, part_of, read_columns, row_names

SCALES = ("counts", "tpm", "log2_counts", "log2_tpm")
OPTIONS = ("scale",)
NEEDS = ()
IN_FOLDER = ()
GROUPS = {"donor": ["donor"]}
LABELS = {}
FIELDS = ["sample_id", "donor"]
QUALITY = ()
LEADING = 2  # Name, Description
LAYOUT = "Give a GCT file of version 1.2."


def open_gct(path: Path) -> tuple[TextMatrix, int]:
    """The header of a file, and how many genes it says that it holds."""
    head = []
    for number, line in whole_lines(path, b"\n"):
        head.append(line.decode("utf-8", "replace").rstrip("\r\n").split("\t"))
        if number == 3:
            break
    if len(head) < 3 or head[0][0].strip() != "#1.2":
        version = head[0][0][:20] if head else ""
        raise BadInput(path, "line 1", f"{version!r} is not #1.2, with which a GCT file begins", LAYOUT)
    try:
        genes, samples = (int(field) for field in head[1][:2])
    except ValueError:
        raise BadInput(path, "line 2", "does not hold the numbers of genes and of samples", LAYOUT) from None
    columns = [name.strip() for name in head[2][LEADING:]]
    if len(columns) != samples:
        raise BadInput(path, "line 3", f"{len(columns)} samples where line 2 says {samples}", LAYOUT)
    return TextMatrix(path, "\t", 3, LEADING, columns), genes


def read_samples(path: Path, part: int, parts: int, fields: set[str], *, scale: str) -> pd.DataFrame:
    """sample_id and, if asked for, donor: the first two parts of a GTEx sample name (GTEX-1117F-0226-SM-5GZZ7)."""
    matrix, _ = open_gct(path)
    names = matrix.columns[part_of(len(matrix.columns), part, parts)]
    found = {"sample_id": names} | ({"donor": [_donor(path, name) for name in names]} if "donor" in fields else {})
    return pd.DataFrame(found, dtype=object)


def _donor(path: Path, name: str) -> str:
    parts = name.split("-")
    if parts[0] not in ("GTEX", "K") or len(parts) < 3:
        remedy = "Group by the sample sheet, or by the field sample_id with a pattern."
        raise BadInput(path, f"sample {name!r}", "is no GTEx sample name, so that it tells no donor", remedy)
    return "-".join(parts[:2])


def read_genes(path: Path, *, scale: str) -> GeneNames:
    matrix, genes = open_gct(path)
    names = row_names(matrix)
    if len(names) != genes:
        raise BadInput(path, "line 2", f"says {genes} genes, and {len(names)} lines follow", "Get the file again.")
    return GeneNames([names])


def read_counts(
    path: Path, mapping: GeneMapping, part: int, parts: int, wanted: np.ndarray, threads: int, *, scale: str
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (positions within the part, counts or TPM per gene of the table as float64, genes x samples).

    Every value of the file is checked; see `text_matrix.read_columns`.
    """
    yield from read_columns(open_gct(path)[0], mapping, part, parts, wanted, scale)
