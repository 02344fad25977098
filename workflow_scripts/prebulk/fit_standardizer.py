"""Mean and sd of every gene over the train split only."""

from workflow_scripts.rule import run

import logging
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts import expression as expression_store
from workflow_scripts.contracts import splits as split_table
from workflow_scripts.contracts import standardizer as contract
from workflow_scripts.io.errors import BadInput
from workflow_scripts.prebulk.moments import Moments

log = logging.getLogger(__name__)


def fit_standardizer(*, expression: list[Path], splits: Path, standardizer: Path) -> None:
    """Write the Standardizer: one pass over the train samples, block by block, in float64.

    A gene that no train sample measures has mean and sd NaN and n 0.
    """
    samples = split_table.read(splits)
    train = pd.Index(samples.loc[samples["split"] == "train", "sample_id"])
    with expression_store.opened(expression[0]) as first:
        gene_ids, gene_order = list(first.var_names), str(first.uns["gene_order"])

    moments = Moments(len(gene_ids))
    seen = 0
    for _, x in expression_store.blocks(expression, train, gene_order):
        moments.add(x)
        seen += len(x)
    _require_all(seen, len(train), splits)
    mean = np.where(moments.n > 0, moments.mean, np.nan)
    table = pd.DataFrame({"gene_id": gene_ids, "mean": mean, "sd": moments.sd(), "n": moments.n})
    contract.write(table, standardizer)
    log.info("%d train samples, %d genes, %d of them unmeasured", seen, len(table), (moments.n == 0).sum())


def _require_all(seen: int, expected: int, splits: Path) -> None:
    if seen != expected or not seen:
        reason = f"{seen} of {expected} train samples are in the shards"
        raise BadInput(splits, "train", reason, "Run the prebulk stage again.")


if "snakemake" in globals():
    run(fit_standardizer, snakemake)  # noqa: F821
