"""How well levels that were not measured are imputed."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from workflow_scripts.evaluation.metrics import LEVELS
from workflow_scripts.evaluation.resampling import by_group, ratio, score_sums


class Imputed(NamedTuple):
    """Sums over samples; the leading axes are of groups, or of resamples, or there is none."""

    errors: np.ndarray  # (..., 2) sum of squared errors, in variances of the gene, and of how many levels


def imputed_rmse(sums: Imputed) -> np.ndarray:
    """The root of the mean squared error of a level, in standard deviations of its gene."""
    return np.sqrt(ratio(*np.moveaxis(sums.errors, -1, 0)))


def score_levels(
    true: np.ndarray,
    imputed: dict[str, np.ndarray],
    hidden: np.ndarray,
    samples: pd.Index,
    spec: dict[str, Any],
    dataset: str,
) -> list[dict[str, Any]]:
    """Rows of Replicates of each method.

    true, and what each method imputed: levels (N, G) float64; hidden (N, G) bool: which of them it was not given;
    samples (N,): their names, which are drawn again; spec: seed, bootstrap_samples. Genes that do not vary
    tell nothing.
    """
    sd = true.std(0)
    told = hidden & (sd > 0)
    of = pd.DataFrame({"group": samples.to_numpy(str), "label": ""}, index=samples)
    rows = []
    for model, levels in imputed.items():
        apart = np.divide(levels - true, sd, out=np.zeros(true.shape), where=told)
        sums = Imputed(by_group(samples.to_numpy(str), np.column_stack([(apart**2).sum(1), told.sum(1)])))
        rows += score_sums(LEVELS, sums, of, spec, model=model, dataset=dataset, split="test")
    return rows
