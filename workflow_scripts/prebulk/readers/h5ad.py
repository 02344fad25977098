"""Counts in an .h5ad file of AnnData: samples x genes, X or a layer, dense or sparse.

Rows are named by the index of obs; genes by the index of var or by whichever of its text columns finds most genes of
the table. Rows are read in blocks, so that memory is a block of samples; a matrix that is sparse by columns (CSC) is
read as a whole. See `registry` for what a reader has.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse

from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.h5ad import LAYOUT, frame, opened
from workflow_scripts.io.h5ad import matrix as matrix_of
from workflow_scripts.prebulk.gene_mapping import GeneMapping, GeneNames
from workflow_scripts.prebulk.scales import Evidence, linear, require_values
from workflow_scripts.prebulk.text_matrix import BLOCK, part_of

SCALES = ("counts", "tpm", "log2_counts", "log2_tpm")
OPTIONS = ("scale", "layer")
NEEDS = ()
IN_FOLDER = ()
GROUPS = {}
LABELS = {}
FIELDS = None  # any column of obs
QUALITY = ()


def read_samples(path: Path, part: int, parts: int, fields: set[str], *, scale: str, layer: str) -> pd.DataFrame:
    """sample_id (the index of obs) and the asked columns of obs."""
    with opened(path) as file:
        obs = frame(file, path, "obs")
    missing = sorted(fields - {"sample_id"} - set(obs.columns))
    if missing:
        remedy = f"Name one of {', '.join(map(str, obs.columns)) or 'the columns of a sample sheet'}."
        raise BadInput(path, f"obs/{missing[0]}", "is missing", remedy)
    obs = obs.iloc[part_of(len(obs), part, parts)]
    columns = {field: obs[field].astype(object).to_numpy() for field in sorted(fields - {"sample_id"})}
    return pd.DataFrame({"sample_id": obs.index.astype(str).to_numpy(object), **columns})


def read_genes(path: Path, *, scale: str, layer: str) -> GeneNames:
    with opened(path) as file:
        var = frame(file, path, "var")
    texts = [var[name] for name in var if var[name].map(lambda value: isinstance(value, str)).all()]
    return GeneNames([[str(name) for name in names] for names in (var.index, *texts)])


def read_counts(
    path: Path,
    mapping: GeneMapping,
    part: int,
    parts: int,
    wanted: np.ndarray,
    threads: int,
    *,
    scale: str,
    layer: str,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (positions within the part, counts or TPM per gene of the table as float64, genes x samples).

    Of the wanted samples every value is checked, of all genes. Raises BadInput naming the sample and the gene row of a
    value that is none of the declared scale, and where all of them together are on another one.
    """
    with opened(path) as file:
        matrix = matrix_of(file, path, layer)
        names = frame(file, path, "obs").index
        if matrix.shape[0] != len(names):
            raise BadInput(path, layer or "X", f"has {matrix.shape[0]} rows for {len(names)} samples", LAYOUT)
        first = part_of(len(names), part, parts).start
        positions = np.flatnonzero(wanted)
        evidence = Evidence(len(positions), scale)
        for start in range(0, len(positions), BLOCK):
            few = positions[start : start + BLOCK]
            found = matrix[first + few]
            values = (found.toarray() if scipy.sparse.issparse(found) else np.asarray(found)).astype(np.float64)
            for of_sample, name in zip(values, names[first + few], strict=True):
                place = f"{layer or 'X'}, sample {name!r}"
                require_values(of_sample, scale, path, place, "gene column", range(values.shape[1]))
            evidence.add(values.T, slice(start, start + len(few)))
            yield few, mapping.sum_rows(linear(values[:, mapping.rows], scale).T)
        evidence.require(path)
