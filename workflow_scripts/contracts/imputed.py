"""ImputedExpression: expression of new samples with the model's values where nothing was measured.

`results/bulk/{run}/predicted/{corpus}/imputed.h5ad`, written by `bulk/predict_samples`:

- X: float32, samples x genes, natural log of TPM+1 in gene-table order: as measured, else as the model predicts it from
  the measured genes; NaN for a gene that no train sample measures and the sample does not either.
- obs (index sample_id): corpus. var (index gene_id): symbol, measured (share of the samples, 0 to 1).
- uns: gene_order (digest of the gene table), run.
"""

from __future__ import annotations

from pathlib import Path

import anndata
import numpy as np
import pandas as pd

from workflow_scripts.contracts.gene_order import order_digest, require_order
from workflow_scripts.io.annotated import read_annotated, require, write_annotated


def validate(data: anndata.AnnData, where: Path | str = "ImputedExpression", gene_order: str | None = None) -> None:
    require(data, where, ("corpus",), ("gene_order", "run"))
    require_order(where, str(data.uns["gene_order"]), gene_order)
    require_order(where, str(data.uns["gene_order"]), order_digest(data.var_names))


def write(x: np.ndarray, obs: pd.DataFrame, var: pd.DataFrame, path: Path, *, run: str) -> None:
    """Write X (samples x genes, float32), obs (index sample_id) and var (index gene_id) to `path`."""
    uns = {"gene_order": order_digest(var.index), "run": run}
    data = anndata.AnnData(
        X=np.asarray(x, np.float32), obs=obs.rename_axis("sample_id"), var=var.rename_axis("gene_id"), uns=uns
    )
    validate(data, path)
    write_annotated(data, path)


def read(path: Path, gene_order: str | None = None) -> anndata.AnnData:
    data = read_annotated(path)
    validate(data, path, gene_order)
    return data
