"""SampleEmbedding: one vector per sample, from a trained model.

`results/bulk/{run}/embeddings.h5ad`: X float32, samples x d; obs (index sample_id): corpus, group,
label, split; uns: gene_order (`ELSEWHERE` of a peer's, whose genes are its own), run (str).
"""

from __future__ import annotations

from pathlib import Path

import anndata
import numpy as np
import pandas as pd

from workflow_scripts.contracts.gene_order import require_order
from workflow_scripts.io.annotated import read_annotated, require, write_annotated

ELSEWHERE = "computed elsewhere"
OBS = ("corpus", "group", "label", "split")


def validate(data: anndata.AnnData, where: Path | str = "SampleEmbedding", gene_order: str | None = None) -> None:
    require(data, where, OBS, ("gene_order", "run"))
    require_order(where, str(data.uns["gene_order"]), gene_order)


def write(x: np.ndarray, obs: pd.DataFrame, path: Path, *, run: str, gene_order: str) -> None:
    """Write X (samples x d, float32) and obs (index sample_id) to `path`."""
    data = anndata.AnnData(
        X=np.asarray(x, np.float32), obs=obs.rename_axis("sample_id"), uns={"gene_order": gene_order, "run": run}
    )
    validate(data, path)
    write_annotated(data, path)


def read(path: Path, gene_order: str | None = None) -> anndata.AnnData:
    data = read_annotated(path)
    validate(data, path, gene_order)
    return data
