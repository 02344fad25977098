"""Truth: what was planted in a simulated organism, one table a file.

`results/simulate/truth/{name}.tsv`, written by `simulate/simulate_mirror`, tab-separated text, each with its seal
beside it:

| name | one row a | columns, of which these need a word |
|---|---|---|
| genes | protein-coding gene, as a correct gene table holds it | start and end 0-based half-open, exon_length in bp |
| samples | sample | group: samples of one group belong to one split; fate as in `contracts/samples` |
| network | regulatory edge | sign (1 or -1), weight (its size, without the sign) |
| motifs | transcription factor | consensus (of its motif) |
| tissues | label and gene | log_fold (natural logarithm; those that are not 0) |
| pausing | protein-coding gene and assay | body_density (reads a bp) |
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import replacing
from workflow_scripts.io.seal import require_intact_beside, seal_beside

COLUMNS = {
    "genes": {"gene_id": str, "symbol": str, "chrom": str, "start": "int64", "end": "int64", "strand": str}
    | {"tss": "int64", "transcript_id": str, "protein_id": str, "exon_length": "float64"},
    "samples": dict.fromkeys(["sample_id", "corpus", "file", "label", "group", "fate", "duplicate_of"], str),
    "network": {"source": str, "target": str, "sign": "int64", "weight": "float64"},
    "motifs": {"source": str, "consensus": str},
    "tissues": {"label": str, "gene_id": str, "log_fold": "float64"},
    "pausing": {"gene_id": str, "assay": str, "pausing_index": "float64", "body_density": "float64"},
}
REMEDY = "Remove the folder and run simulate_mirror again."


def write(name: str, rows: Iterable[Iterable[object]], folder: Path) -> None:
    """Write the table `name`, its rows in the order of its columns."""
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / f"{name}.tsv") as temporary, temporary.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, delimiter="\t", lineterminator="\n")
        writer.writerow(COLUMNS[name])
        writer.writerows(rows)
    seal_beside(folder / f"{name}.tsv")


def read(name: str, folder: Path) -> pd.DataFrame:
    """Read the table `name`; a damaged one raises BadInput."""
    path = folder / f"{name}.tsv"
    require_intact_beside(path)
    try:
        table = pd.read_csv(path, sep="\t", dtype=COLUMNS[name], keep_default_na=False)
    except (OSError, ValueError) as error:
        raise BadInput(path, "", f"not a readable table ({error})", REMEDY) from error
    if list(table.columns) != list(COLUMNS[name]):
        reason = f"its columns are {', '.join(table.columns)}; needed: {', '.join(COLUMNS[name])}"
        raise BadInput(path, "", reason, REMEDY)
    return table
