"""Hide measured values of validation and test samples, and score how a model predicts them."""

from workflow_scripts.rule import run as run_door

from functools import partial
from pathlib import Path

import numpy as np
import torch

from workflow_scripts.bulk import bundle, imputation
from workflow_scripts.bulk.inference import impute
from workflow_scripts.contracts import metrics as metrics_table
from workflow_scripts.contracts import splits as splits_table
from workflow_scripts.contracts import standardizer as standardizer_table
from workflow_scripts.training.scores import metrics_of


def score_imputation(
    *,
    expression: list[Path],
    splits: Path,
    standardizer: Path,
    model: Path,
    metrics: Path,
    spec: dict,
    run: str,
    threads: int,
) -> None:
    """Write the imputation rows of Metrics of one run, one dataset a mask ratio.

    The hidden values are those of the baselines: they are drawn by sample, from `spec["seed"]`.
    """
    torch.set_num_threads(threads)
    network, order = bundle.read(model)
    mean = standardizer_table.read(standardizer, order)["mean"].to_numpy(np.float32)
    cohort = imputation.Cohort(expression, order, splits_table.read(splits), mean, spec)
    rows = imputation.score(cohort, {(run, ""): partial(impute, network)}, spec)
    metrics_table.write(metrics_of(rows), metrics)


if "snakemake" in globals():
    run_door(score_imputation, snakemake)  # noqa: F821
