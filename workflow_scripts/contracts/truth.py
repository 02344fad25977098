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
| elements | element of a promoter (planted, chance), or decoy | score (ln odds); effects on ln density, index |
| variants | variant of a promoter and assay | element (or none), kind (break, mend, neutral), log_fold (natural) |
| gates | kind of cells and edge that does not act in all alike | label (or cell type), sign (1, -1; 0: does not act) |
| pairs | target of two factors that act together alone | first and second (the factors, each with an edge of its own) |
| patterns | gene that a part of samples moves | kind (cell type, programme, batch axis), name, log_fold of a unit |
| states | sample and part | kind and name; value: share of a cell type, 1 of a programme that is on, score of an axis |
| cells | perturbation of a circuit and gene | perturbation (`control`, `A`, `A+B`), level (at rest, of the highest) |
| circuit | edge of a circuit | source, target (names of genes), sign (1 activates, -1 represses) |
| compounds | gene that a compound acts on | shift (of its activation, by a dose without limit), half_dose |
| enhancers | pair of an element and a gene | share (of what drives the gene), effect (of expression), sd, regulates |

`elements` has 0-based half-open places, and no gene_id of a decoy; log_fold is of all signal of the gene,
density_log_fold of its body density, pausing_log_fold of its pausing index.

Of these `gates`, `pairs`, `patterns` and `states` stand where the configuration plants what they tell of. `circuit`,
`compounds` and `cells` are in `results/simulate/circuits/{circuit}/truth`, written by `simulate/simulate_circuit` and
`simulate/simulate_cells`; `enhancers` is `results/simulate/enhancers/{pairs}/truth/enhancers.tsv`, written by
`simulate/simulate_enhancers`.
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
    "elements": dict.fromkeys(["gene_id", "element", "origin", "chrom"], str)
    | {"start": "int64", "end": "int64", "strand": str}
    | dict.fromkeys(["score", "density_effect", "pausing_effect"], "float64"),
    "variants": dict.fromkeys(["variant_id", "gene_id", "element", "kind", "assay"], str)
    | dict.fromkeys(["log_fold", "density_log_fold", "pausing_log_fold"], "float64"),
    "gates": {"label": str, "source": str, "target": str, "sign": "int64"},
    "pairs": {"target": str, "first": str, "second": str},
    "patterns": {"kind": str, "name": str, "gene_id": str, "log_fold": "float64"},
    "states": {"sample_id": str, "kind": str, "name": str, "value": "float64"},
    "cells": {"perturbation": str, "gene": str, "level": "float64"},
    "circuit": {"source": str, "target": str, "sign": "int64"},
    "compounds": {"compound": str, "gene": str, "shift": "float64", "half_dose": "float64"},
    "enhancers": {"chrom": str, "start": "int64", "end": "int64", "gene": str, "share": "float64", "effect": "float64"}
    | {"sd": "float64", "regulates": "int64"},
}
REMEDY = "Remove the folder and run its rule again."


def write(name: str, rows: Iterable[Iterable[object]], folder: Path) -> None:
    """Write the table `name`, its rows in the order of its columns."""
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / f"{name}.tsv") as temporary, temporary.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, delimiter="\t", lineterminator="\n")
        writer.writerow(COLUMNS[name])
        writer.writerows(rows)
    seal_beside(folder / f"{name}.tsv")


def write_planted(name: str, rows: list[tuple], folder: Path) -> None:
    """Write the table `name` if anything of it was planted."""
    if rows:
        write(name, rows, folder)


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
