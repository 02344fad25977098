"""Which samples are kept: by what the source says of them, and by their counts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workflow_scripts.contracts.samples import KEPT

# Of each fate that drops a sample, what of its corpus decides it.
SETTING = {
    "not_in_search": "search",
    "not_in_sheet": "samples",
    "single_cell": "filters/max_singlecellprobability",
    "few_aligned_reads": "filters/min_aligned_reads",
    "no_group": "group",
    "empty": "counts",
    "low_quality": "filters/min_nonzero_genes",
}


def fates_by_metadata(samples: pd.DataFrame, filters: dict, single_cell: bool) -> np.ndarray:
    """The fate of each sample (see `contracts/samples`) before its counts are read.

    `samples` has singlecellprobability, alignedreads and group. What is missing does not pass a filter that is
    on. `single_cell` says whether the source knows the probability at all.
    """
    fate = np.full(len(samples), KEPT, dtype=object)
    fate[(samples["group"] == "").to_numpy()] = "no_group"
    if filters["min_aligned_reads"] > 0:
        fate[~(samples["alignedreads"] >= filters["min_aligned_reads"]).to_numpy()] = "few_aligned_reads"
    if single_cell and filters["max_singlecellprobability"] < 1:
        limit = filters["max_singlecellprobability"]
        fate[~(samples["singlecellprobability"] <= limit).to_numpy()] = "single_cell"
    return fate


def fates_by_counts(total: np.ndarray, nonzero: np.ndarray, filters: dict) -> np.ndarray:
    """The fate of each sample by its counts over the genes of the table."""
    fate = np.full(len(total), KEPT, dtype=object)
    fate[nonzero < filters["min_nonzero_genes"]] = "low_quality"
    fate[total == 0] = "empty"
    return fate
