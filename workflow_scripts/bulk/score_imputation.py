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
from workflow_scripts.evaluation.fitting import Once
from workflow_scripts.evaluation.models import BASE


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
    """Write the imputation numbers of one run, and of what it would be without its network, one dataset a mask ratio.

    The hidden values are those of the baselines: they are drawn by sample, from `spec["seed"]`.
    """
    torch.set_num_threads(threads)
    family, trained, order, _ = bundle.read(model)
    mean = standardizer_table.read(standardizer, order)["mean"].to_numpy(np.float32)
    cohort = imputation.Cohort(expression, order, splits_table.read(splits), mean, spec)
    members = [Once(member) for member in stack.members(family, trained)]
    candidates = {
        (run, ""): partial(stack.mean_of, members, trained.weights),
        (f"{run}{BASE}", ""): partial(stack.mean_of, members, trained.of_base),
    }
    rows = imputation.score(cohort, candidates, spec)
    metrics_table.write_replicates(rows, scores)


if "snakemake" in globals():
    run_door(score_imputation, snakemake)  # noqa: F821
