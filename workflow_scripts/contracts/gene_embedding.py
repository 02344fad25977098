"""GeneEmbedding: one vector per gene of the gene table.

`results/{esm2,dna_fm}/{model}.h5ad`:

- X: float32, genes x d, in gene-table order; a gene without an embedding is a row of NaN.
- obs (index gene_id): symbols (int64, residues or bases seen), windows (int64), missing (bool).
- uns: gene_order, model, revision, weights_sha256, licence (str), stand_in (bool: random or made-up
  weights, to be said wherever the embedding is shown).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from workflow_scripts.contracts.gene_table import order_digest, require_order
from workflow_scripts.io.annotated import read_annotated, require, write_annotated
from workflow_scripts.io.errors import BadInput

if TYPE_CHECKING:
    import anndata
    import numpy as np
    import pandas as pd

OBS = ("symbols", "windows", "missing")
UNS = ("gene_order", "model", "revision", "weights_sha256", "licence", "stand_in")


def validate(data: anndata.AnnData, where: Path | str = "GeneEmbedding", gene_order: str | None = None) -> None:
    """Raise BadInput unless `data` is a GeneEmbedding over the genes of `gene_order`."""
    import numpy as np

    require(data, where, OBS, UNS)
    require_order(where, str(data.uns["gene_order"]), gene_order)
    require_order(where, str(data.uns["gene_order"]), order_digest(data.obs_names))
    finite = np.isfinite(data.X).all(axis=1)
    wrong = finite == data.obs["missing"].to_numpy(bool)
    if wrong.any():
        raise BadInput(
            where, f"gene {data.obs_names[wrong][0]}", "vector and `missing` disagree", "Embed the genes again."
        )


def write(
    x: np.ndarray,
    obs: pd.DataFrame,
    path: Path,
    *,
    model: str,
    revision: str,
    weights_sha256: str,
    licence: str,
    stand_in: bool,
) -> None:
    """Write X (genes x d, float32) and obs (index gene_id) to `path`."""
    import anndata
    import numpy as np

    uns = {
        "gene_order": order_digest(obs.index),
        "model": model,
        "revision": revision,
        "weights_sha256": weights_sha256,
        "licence": licence,
        "stand_in": stand_in,
    }
    data = anndata.AnnData(X=np.asarray(x, np.float32), obs=obs.rename_axis("gene_id"), uns=uns)
    validate(data, path)
    write_annotated(data, path)


def read(path: Path, gene_order: str | None = None) -> anndata.AnnData:
    data = read_annotated(path)
    validate(data, path, gene_order)
    return data
