"""PredictedEffects: what models say of perturbations that they were not shown.

`results/circuit/perturb_seq/{cells}/predicted/{embedding}.h5ad`: X float32, rows x genes, the change from control cells
(unit in `uns`); obs:

    model          its name, as in `circuit/effect_models`
    seed           of one member of an ensemble from 1 on; 0 of the mean over members, and of what has none (int64)
    task           `doubles` or `unseen genes`
    perturbation, context   as in `contracts/effects`
    fold           that the perturbation was left out with, from 0 (int64)
    share          of what was learned upon a rule so much is taken (0 to 1); NaN of what stands on none
    unknown        perturbed genes without a vector (int64)

uns: gene_order, unit.
"""

from __future__ import annotations

from pathlib import Path

import anndata
import numpy as np
import pandas as pd

from workflow_scripts.contracts.gene_order import order_digest, require_order
from workflow_scripts.io.annotated import read_annotated, require, write_blocks
from workflow_scripts.io.errors import BadInput

OBS = ("model", "seed", "task", "perturbation", "context", "fold", "share", "unknown")
UNS = ("gene_order", "unit")
KEYS = ["model", "seed", "task", "perturbation", "context"]


def validate(data: anndata.AnnData, where: Path | str = "PredictedEffects", gene_order: str | None = None) -> None:
    require(data, where, OBS, UNS)
    require_order(where, str(data.uns["gene_order"]), gene_order)
    if data.obs[KEYS].duplicated().any():
        raise BadInput(where, "obs", "has two rows of one prediction", "Remove the file and run its rule again.")


def write(effects: np.ndarray, obs: pd.DataFrame, genes: list[str], path: Path, *, unit: str) -> None:
    """Write effects (rows x genes) and obs (the columns `OBS`)."""
    about = {"gene_order": order_digest(genes), "unit": unit}
    kept = obs[list(OBS)].astype({"seed": "int64", "fold": "int64", "unknown": "int64", "share": float})
    kept.index = pd.Index(map(str, range(len(kept))), name="row")
    data = anndata.AnnData(obs=kept, var=pd.DataFrame(index=genes), uns=about)
    write_blocks(data, [], [(np.asarray(effects, np.float32),)], path)


def read(path: Path, gene_order: str | None = None) -> anndata.AnnData:
    data = read_annotated(path)
    validate(data, path, gene_order)
    return data
