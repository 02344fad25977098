"""GeneVectors: what genes are to a trained model.

`results/bulk/{run}/gene_embedding.h5ad`, written by `bulk/export_gene_vectors`:

- X: float32, genes x d, in gene-table order, finite; no unit. What a vector is, the model's family says.
- obs (index gene_id): symbol; known (bool): False for a gene that no train sample measures. The model never looks at
  it, and its vector was not trained: it follows from what the gene is by its sequence alone.
- uns, all text: gene_order (digest of the gene table); run; family of the model.
"""

from __future__ import annotations

from pathlib import Path

import anndata
import numpy as np
import pandas as pd

from workflow_scripts.contracts.gene_order import order_digest, require_order
from workflow_scripts.io.annotated import read_annotated, require, write_annotated
from workflow_scripts.io.errors import BadInput


def validate(data: anndata.AnnData, where: Path | str = "GeneVectors", gene_order: str | None = None) -> None:
    """Raise BadInput unless `data` is GeneVectors over the genes of `gene_order`."""
    require(data, where, ("symbol", "known"), ("gene_order", "run", "family"))
    require_order(where, str(data.uns["gene_order"]), gene_order)
    require_order(where, str(data.uns["gene_order"]), order_digest(data.obs_names))
    wrong = ~np.isfinite(data.X).all(axis=1)
    if wrong.any():
        raise BadInput(where, f"gene {data.obs_names[wrong][0]}", "its vector is not finite", "Train the run again.")


def write(x: np.ndarray, obs: pd.DataFrame, path: Path, *, run: str, family: str) -> None:
    """Write X (genes x d, float32) and obs (index gene_id) to `path`."""
    uns = {"gene_order": order_digest(obs.index), "run": run, "family": family}
    data = anndata.AnnData(X=np.asarray(x, np.float32), obs=obs.rename_axis("gene_id"), uns=uns)
    validate(data, path)
    write_annotated(data, path)


def read(path: Path, gene_order: str | None = None) -> anndata.AnnData:
    data = read_annotated(path)
    validate(data, path, gene_order)
    return data
