"""Effects: what single cells express under each perturbation, as means over cells.

`results/circuit/perturb_seq/{cells}/effects.h5ad`: X float32, rows x genes, mean of the logarithm of expression over
the cells of a row (unit in `uns`); layers/half_1 and half_2, float32, likewise of two random halves of them; obs:

    perturbation   the perturbed genes, sorted and joined by `+`; "" of control cells
    context        such as the cell line; "" where there is but one
    cells          how many cells the mean is of (int64)

No two rows have both alike, and each context has a row of control cells. uns: gene_order, unit.
"""

from __future__ import annotations

from pathlib import Path

import anndata
import numpy as np
import pandas as pd

from workflow_scripts.contracts.gene_order import order_digest, require_order
from workflow_scripts.io.annotated import read_annotated, require, write_blocks
from workflow_scripts.io.errors import BadInput

OBS = ("perturbation", "context", "cells")
UNS = ("gene_order", "unit")
HALVES = ("half_1", "half_2")
REMEDY = "Remove the file and run its rule again."


def validate(data: anndata.AnnData, where: Path | str = "Effects", gene_order: str | None = None) -> None:
    require(data, where, OBS, UNS)
    require_order(where, str(data.uns["gene_order"]), gene_order)
    for half in HALVES:
        if half not in data.layers:
            raise BadInput(where, f"layers/{half}", "is missing", REMEDY)
    keys = data.obs[["perturbation", "context"]].astype(str)
    if keys.duplicated().any():
        raise BadInput(where, "obs", "has two rows of one perturbation in one context", REMEDY)
    lacking = set(keys["context"]) - set(keys.loc[keys["perturbation"] == "", "context"])
    if lacking:
        raise BadInput(where, f"context {min(lacking)!r}", "has no control cells", REMEDY)


def write(mean: np.ndarray, halves: np.ndarray, obs: pd.DataFrame, genes: list[str], path: Path, *, unit: str) -> None:
    """Write mean (rows x genes), halves (2, rows x genes) and obs (the columns `OBS`)."""
    about = {"gene_order": order_digest(genes), "unit": unit}
    kept = obs[list(OBS)].astype({"cells": "int64"}).rename_axis("row")
    data = anndata.AnnData(obs=kept.set_axis(kept.index.astype(str)), var=pd.DataFrame(index=genes), uns=about)
    first, second = (np.asarray(half, np.float32) for half in halves)
    write_blocks(data, HALVES, [(np.asarray(mean, np.float32), first, second)], path)


def read(path: Path, gene_order: str | None = None) -> anndata.AnnData:
    data = read_annotated(path)
    validate(data, path, gene_order)
    return data
