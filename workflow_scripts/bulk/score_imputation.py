"""Hide measured values of validation and test samples, and score how a model predicts them."""

from workflow_scripts.rule import run as run_door

from functools import partial
from pathlib import Path

import numpy as np
import torch

from workflow_scripts.bulk import bundle, imputation, stack
from workflow_scripts.contracts import metrics as metrics_table
from workflow_scripts.contracts import splits as splits_table
from workflow_scripts.contracts import standardizer as standardizer_table


def score_imputation(
    *,
    expression: list[Path],
    splits: Path,
    standardizer: Path,
    model: Path,
    scores: Path,
    spec: dict,
    run: str,
    threads: int,
) -> None:
    """Write the imputation numbers of one run, one dataset a mask ratio.

    The hidden values are those of the baselines: they are drawn by sample, from `spec["seed"]`.
    """
    torch.set_num_threads(threads)
    family, trained, order, _ = bundle.read(model)
    mean = standardizer_table.read(standardizer, order)["mean"].to_numpy(np.float32)
    cohort = imputation.Cohort(expression, order, splits_table.read(splits), mean, spec)
    rows = imputation.score(cohort, {(run, ""): partial(stack.impute, family, trained)}, spec)
    metrics_table.write_replicates(rows, scores)


if "snakemake" in globals():
    run_door(score_imputation, snakemake)  # noqa: F821
