"""Responses: what a trained circuit predicts under perturbations.

`results/circuit/{network}/{run}/predicted.h5ad`: X float32, samples x genes, levels at rest (unit in `uns`); layers
float32: sd, their standard deviation over the members of the ensemble, 0 where they agree; low and high, the 90 %
interval in which one new measurement lies, see `circuit/calibration`, NaN of genes that are perturbed; obs (index
sample_id): perturbation, as in `contracts/experiments`; uns: gene_order, unit, run.
"""

from __future__ import annotations

from pathlib import Path

import anndata
import numpy as np
import pandas as pd

from workflow_scripts.contracts.gene_order import order_digest, require_order
from workflow_scripts.io.annotated import read_annotated, require, write_blocks
from workflow_scripts.io.errors import BadInput

LAYERS = ("sd", "low", "high")


def validate(data: anndata.AnnData, where: Path | str = "Responses", gene_order: str | None = None) -> None:
    require(data, where, ("perturbation",), ("gene_order", "unit", "run"))
    require_order(where, str(data.uns["gene_order"]), gene_order)
    for name in LAYERS:
        if name not in data.layers:
            raise BadInput(where, f"layers/{name}", "is missing", "Remove the file and run its rule again.")


def write(
    levels: np.ndarray,
    sd: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    perturbations: pd.Series,
    genes: list[str],
    path: Path,
    *,
    unit: str,
    run: str,
) -> None:
    """Write levels, their sd and the ends of their intervals (samples x genes).

    perturbations: text, index sample_id.
    """
    about = {"gene_order": order_digest(genes), "unit": unit, "run": run}
    obs = perturbations.rename("perturbation").to_frame().rename_axis("sample_id")
    data = anndata.AnnData(obs=obs, var=pd.DataFrame(index=genes), uns=about)
    write_blocks(data, list(LAYERS), [tuple(np.asarray(part, np.float32) for part in (levels, sd, low, high))], path)


def read(path: Path, gene_order: str | None = None) -> anndata.AnnData:
    data = read_annotated(path)
    validate(data, path, gene_order)
    return data
