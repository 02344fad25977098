"""Counts in the layout of the UCSC Xena GDC hub: one project a file, genes x samples.

`TCGA-LIHC.star_counts.tsv.gz` (or unpacked): a header with a name for the gene column and one TCGA barcode per sample,
then a line per gene: versioned Ensembl id and log2(count + 1). The text is read line by line; memory is
genes of the table x samples of the part.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.io.errors import BadInput
from workflow_scripts.prebulk.gene_mapping import GeneMapping, GeneNames
from workflow_scripts.prebulk.text_matrix import TextMatrix, part_of, read_columns, read_header, row_names

PROJECT = re.compile(r"[A-Z]+-[A-Z0-9]+(?=\.)")
PATIENT = re.compile(r"TCGA-[^-]{2}-[^-]{4}")
# Sample type codes of the GDC (fourth field of a barcode), as the GDC portal names them.
SAMPLE_TYPES = {
    "01": "Primary Tumor",
    "02": "Recurrent Tumor",
    "03": "Primary Blood Derived Cancer - Peripheral Blood",
    "05": "Additional - New Primary",
    "06": "Metastatic",
    "07": "Additional Metastatic",
    "11": "Solid Tissue Normal",
}
# See `registry`.
SCALES = ("log2_counts",)
OPTIONS = ()
NEEDS = ()
IN_FOLDER = ()
GROUPS = {"patient": ["patient"]}
LABELS = {"project": ["project"], "project_and_sample_type": ["project", "sample_type"]}
FIELDS = ["sample_id", "project", "sample_type", "patient"]
QUALITY = ()


def _open(path: Path) -> TextMatrix:
    number, separator, names, _ = read_header(path, comment="", separator="\t")
    return TextMatrix(path, separator, number, 1, names[1:])


def read_samples(path: Path, part: int, parts: int, fields: set[str]) -> pd.DataFrame:
    """sample_id (the barcode) and the asked of project, sample_type and patient for the samples of one part.

    The project is told by the name of the file, sample type and patient (first 12 characters) by the barcode.
    """
    names = _open(path).columns
    names = names[part_of(len(names), part, parts)]
    columns: dict[str, list[str]] = {"sample_id": names}
    known = {"project": _project, "sample_type": _sample_type, "patient": _patient}
    for field in sorted(fields - {"sample_id"}):
        if field not in known:
            remedy = f"A Xena file has sample_id, {', '.join(known)}."
            raise BadInput(path, f"field {field!r}", "is unknown", remedy)
        columns[field] = [known[field](path, name) for name in names]
    return pd.DataFrame(columns, dtype=object)


def _project(path: Path, _: str) -> str:
    found = PROJECT.search(path.name)
    if not found:
        raise BadInput(path, "file name", "names no project", "Name the file as the hub does, TCGA-LIHC.star_counts...")
    return found[0]


def _sample_type(path: Path, barcode: str) -> str:
    code = re.match(r"[^-]+-[^-]+-[^-]+-(\d\d)", barcode)
    if not code:
        reason = "is not a TCGA barcode with a sample type"
        raise BadInput(path, f"sample {barcode!r}", reason, "Label by another field.")
    return SAMPLE_TYPES.get(code[1], f"sample type {code[1]}")


def _patient(path: Path, barcode: str) -> str:
    if not PATIENT.match(barcode):
        remedy = "Group by the field sample_id with a pattern."
        raise BadInput(path, f"sample {barcode!r}", "is not a TCGA barcode, so that it tells no patient", remedy)
    return barcode[:12]


def read_genes(path: Path) -> GeneNames:
    """Versioned Ensembl ids."""
    return GeneNames([row_names(_open(path))])


def read_counts(
    path: Path, mapping: GeneMapping, part: int, parts: int, wanted: np.ndarray, threads: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (positions within the part, counts per gene of the table as float64, genes x samples).

    log2(count + 1) is inverted; fractional counts stay fractional. Every line of the file is read and checked; see
    `text_matrix.read_columns`. TPM, which the hub has in the same layout, and counts as they are, are refused.
    """
    yield from read_columns(_open(path), mapping, part, parts, wanted, SCALES[0])
