"""What imputation makes of levels that were taken out of a circuit."""

from workflow_scripts.rule import run

from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.circuit.data import circuit, imputed
from workflow_scripts.contracts import experiments as contract
from workflow_scripts.contracts import metrics as metrics_table
from workflow_scripts.evaluation.levels import score_levels


def score_imputed_levels(*, complete: Path, experiments: Path, metrics: Path, spec: dict, network: str) -> None:
    """Write Metrics of nearest neighbours, which the stage imputes by, beside the mean of each gene.

    Both see `experiments` alone, from which levels of `complete` were taken out.
    """
    true, given = (contract.read(path) for path in (complete, experiments))
    found = circuit(given)
    levels, hidden = np.asarray(true.X, float), ~np.isfinite(found.levels)
    means = np.where(hidden, np.nanmean(found.levels, axis=0), found.levels)
    methods = {"gene_mean": means, "knn_imputer": imputed(found)[0].levels}
    rows = pd.DataFrame(score_levels(levels, methods, hidden, true.obs_names, spec, network))
    metrics_table.write(rows[list(metrics_table.SCHEMA.columns)], metrics)


if "snakemake" in globals():
    run(score_imputed_levels, snakemake)  # noqa: F821
