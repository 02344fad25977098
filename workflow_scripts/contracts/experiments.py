"""Experiments: what was measured of a circuit, as it is and perturbed, at rest and over time.

`results/circuit/{network}/experiments.h5ad` (what may be learned from) and `outcomes.h5ad` (what is predicted, and read
by scoring alone): X float32, samples x genes, levels (unit in `uns`), NaN where not measured; obs (index sample_id):

    perturbation   text as in `contracts/perturbations`, "" for none
    series, time   of a time series its name and the time (float64, unit in `uns`); "" and NaN at rest
    disturbed      whether something unknown acts at that time, the same throughout a series
    replicates     how many measurements X is the mean of (int64)

uns: gene_order, unit, time_unit (of levels and times, as they are printed).
"""

from __future__ import annotations

from pathlib import Path

import anndata
import numpy as np
import pandas as pd

from workflow_scripts.contracts.gene_order import order_digest, require_order
from workflow_scripts.contracts.perturbations import parsed
from workflow_scripts.io.annotated import read_annotated, require, write_annotated
from workflow_scripts.io.errors import BadInput

OBS = ("perturbation", "series", "time", "disturbed", "replicates")
UNS = ("gene_order", "unit", "time_unit")


def validate(data: anndata.AnnData, where: Path | str = "Experiments", gene_order: str | None = None) -> None:
    require(data, where, OBS, UNS)
    require_order(where, str(data.uns["gene_order"]), gene_order)
    genes = set(data.var_names)
    for text in data.obs["perturbation"].unique():
        for perturbation in parsed(str(text), where):
            if perturbation.kind != "chemical" and perturbation.target not in genes:
                reason = f"{perturbation.target} is none of its {len(genes)} genes"
                raise BadInput(where, f"perturbation {text!r}", reason, "Correct its name, or leave the sample out.")
    for series, times in data.obs.loc[data.obs["series"] != "", ["series", "time"]].groupby("series", observed=True):
        if not (np.diff(times["time"].to_numpy(float)) > 0).all():
            raise BadInput(
                where, f"series {series}", "its times do not rise", "Sort it by time, and name no time twice."
            )


def write(x: np.ndarray, obs: pd.DataFrame, genes: list[str], path: Path, *, unit: str, time_unit: str) -> None:
    """Write X (samples x genes, float32) and obs (index sample_id; the columns `OBS`) to `path`."""
    about = {"gene_order": order_digest(genes), "unit": unit, "time_unit": time_unit}
    kept = obs[list(OBS)].astype({"time": float, "disturbed": bool, "replicates": "int64"}).rename_axis("sample_id")
    data = anndata.AnnData(X=np.asarray(x, np.float32), obs=kept, var=pd.DataFrame(index=genes), uns=about)
    validate(data, path)
    write_annotated(data, path)


def read(path: Path, gene_order: str | None = None) -> anndata.AnnData:
    data = read_annotated(path)
    validate(data, path, gene_order)
    return data
