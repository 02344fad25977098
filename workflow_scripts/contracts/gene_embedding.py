"""GeneEmbedding: one vector per gene of the gene table.

`results/{esm2,dna_fm}/{model}.h5ad`:

- X: float32, genes x d, in gene-table order; a gene without an embedding is a row of NaN.
- obs (index gene_id): symbol (of the gene), length (int64, residues or bases seen), windows (int64), missing (bool).
- uns, all text: gene_order; model (its name in the configuration); architecture (as the encoder names it);
  revision, weights_sha256 and licence of the weights; origin of the weights, one of `ORIGINS`. What is not
  `published` is to be said wherever the embedding is shown.
"""

from __future__ import annotations

from pathlib import Path

import anndata
import numpy as np
import pandas as pd

from workflow_scripts.contracts.gene_order import order_digest, require_order
from workflow_scripts.io.annotated import read_annotated, require, write_annotated
from workflow_scripts.io.errors import BadInput

OBS = ("symbol", "length", "windows", "missing")
UNS = ("gene_order", "model", "architecture", "revision", "weights_sha256", "licence", "origin")
# Published: fetched as declared, with provenance. Simulated: made up, and stands in for real weights.
# Unknown: a file of the user's own, of which only the checksum is known.
ORIGINS = ("published", "simulated", "unknown")


def validate(data: anndata.AnnData, where: Path | str = "GeneEmbedding", gene_order: str | None = None) -> None:
    """Raise BadInput unless `data` is a GeneEmbedding over the genes of `gene_order`."""
    require(data, where, OBS, UNS)
    require_order(where, str(data.uns["gene_order"]), gene_order)
    require_order(where, str(data.uns["gene_order"]), order_digest(data.obs_names))
    if data.uns["origin"] not in ORIGINS:
        raise BadInput(
            where, "uns/origin", f"is {data.uns['origin']!r}, not one of {ORIGINS}", "Embed the genes again."
        )
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
    architecture: str,
    revision: str,
    weights_sha256: str,
    licence: str,
    origin: str,
) -> None:
    """Write X (genes x d, float32) and obs (index gene_id) to `path`."""
    uns = {
        "gene_order": order_digest(obs.index),
        "model": model,
        "architecture": architecture,
        "revision": revision,
        "weights_sha256": weights_sha256,
        "licence": licence,
        "origin": origin,
    }
    data = anndata.AnnData(X=np.asarray(x, np.float32), obs=obs.rename_axis("gene_id"), uns=uns)
    validate(data, path)
    write_annotated(data, path)


def read(path: Path, gene_order: str | None = None) -> anndata.AnnData:
    data = read_annotated(path)
    validate(data, path, gene_order)
    return data
