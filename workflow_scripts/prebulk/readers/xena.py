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
from workflow_scripts.io.text import DAMAGED, whole_lines
from workflow_scripts.prebulk.gene_mapping import GeneMapping, map_rows

BLOCK = 256  # samples yielded together
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
GROUPS = {"patient": ["patient"]}
LABELS = {"project": ["project"], "project_and_sample_type": ["project", "sample_type"]}
FIELDS = ["sample_id", "project", "sample_type", "patient"]
QUALITY = ()
HIGHEST = 64  # no sample has 2**64 counts of a gene


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Line numbers (from 1) and lines without their end; a file that is damaged or cut short raises BadInput."""
    for number, line in whole_lines(path, b"\n"):
        yield number, line.rstrip(b"\r\n")


def _header(path: Path) -> list[str]:
    """The sample names of the file."""
    for _, line in _lines(path):
        try:
            names = line.decode().split("\t")[1:]
        except UnicodeDecodeError:
            names = []
        if names:
            return names
        break
    raise BadInput(path, "line 1", "is not a header with sample names", "Give a file of the Xena GDC hub.")


def _columns(samples: int, part: int, parts: int) -> slice:
    return slice(samples * part // parts, samples * (part + 1) // parts)


def read_samples(path: Path, part: int, parts: int, fields: set[str]) -> pd.DataFrame:
    """sample_id (the barcode) and the asked of project, sample_type and patient for the samples of one part.

    The project is told by the name of the file, sample type and patient (first 12 characters) by the barcode.
    """
    names = _header(path)
    names = names[_columns(len(names), part, parts)]
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


def read_mapping(path: Path, genes: pd.DataFrame) -> GeneMapping:
    """Map the lines to the gene table by Ensembl id."""
    lines = _lines(path)
    next(lines, None)
    return map_rows([line.split(b"\t", 1)[0].decode(errors="replace") for _, line in lines], genes)


def read_counts(
    path: Path, mapping: GeneMapping, part: int, parts: int, wanted: np.ndarray, threads: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (positions within the part, counts per gene of the table as float64, genes x samples).

    log2(count + 1) is inverted; fractional counts stay fractional. Every line of the file is read and checked:
    another number of values than samples, and a value that is no log2(count + 1), raise BadInput with the line;
    so do TPM, which the hub has in the same layout: fractions that add up to a million in every sample.
    """
    samples = _header(path)
    chosen = np.arange(len(samples))[_columns(len(samples), part, parts)][wanted]
    gene_of_row = dict(zip(mapping.rows.tolist(), mapping.genes.tolist(), strict=True))
    counts, total, whole = np.zeros((len(mapping.measured), len(chosen))), np.zeros(len(chosen)), True
    lines = _lines(path)
    next(lines)
    for row, (number, line) in enumerate(lines):
        values = _parse(path, number, line, samples)
        found = np.exp2(values[chosen]) - 1
        total += found
        few = found[found < 100]  # of which a printed logarithm gives back the integers
        whole = whole and bool((np.abs(few - np.rint(few)) < 0.01).all())
        if row in gene_of_row:
            counts[gene_of_row[row]] += found
    if len(total) and not whole and np.allclose(total, 1e6, rtol=1e-3):
        reason = "the values of each sample add up to a million: TPM, not counts"
        raise BadInput(path, f"{len(total)} samples", reason, "Give star_counts of the hub, not star_tpm.")
    positions = np.flatnonzero(wanted)
    for first in range(0, len(positions), BLOCK):
        yield positions[first : first + BLOCK], counts[:, first : first + BLOCK]


def _parse(path: Path, number: int, line: bytes, samples: list[str]) -> np.ndarray:
    """The values of one line (float64, one per sample)."""
    name, _, text = line.partition(b"\t")
    gene = name.decode(errors="replace")
    try:
        values = np.fromstring(text.decode("ascii"), sep="\t")
        # An empty field or one with a blank would be skipped or split in silence, so fields are counted too.
        whole = len(values) == len(samples) == text.count(b"\t") + 1 and b" " not in text and b"\t\t" not in text
    except ValueError:
        whole = False
    if not whole:
        fields = text.split(b"\t")
        reason = f"{len(fields)} values for {len(samples)} samples"
        if len(fields) == len(samples):
            reason = "holds a value that is not a number"
        raise BadInput(path, f"line {number}", f"{gene}: {reason}", DAMAGED)
    wrong = ~((values >= 0) & (values <= HIGHEST))
    if wrong.any():
        at = wrong.argmax()
        counts = ". Raw counts? Xena's star_counts hold log2(count + 1)" if values[at] > HIGHEST else ""
        reason = f"{gene}: {values[at]:g} is not log2(count + 1){counts}"
        place = f"line {number}, sample {samples[at]!r}"
        raise BadInput(path, place, reason, "Give the star_counts file of the hub.")
    return values
