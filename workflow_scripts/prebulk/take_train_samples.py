"""Fewer train samples, for a learning curve: the first so many of one order of whole groups."""

from workflow_scripts.rule import run

import logging
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts import splits as contract
from workflow_scripts.io.errors import BadInput

log = logging.getLogger(__name__)


def take_train_samples(*, splits: Path, fewer: Path, spec: dict, number: int) -> None:
    """Write the Splits with `number` samples of train; those of train that are not taken are in no split.

    Raises BadInput unless train holds more samples than that.
    """
    table = contract.read(splits)
    train = table[table["split"] == "train"]
    if number >= len(train):
        reason = f"{number} is not less than the {len(train)} samples of train"
        remedy = "Leave the number out: a curve ends at all of them."
        raise BadInput("configuration", "bulk/learning_curve/train_samples", reason, remedy)
    ordered = in_order(train, spec["seed"])
    taken = ordered[:number]
    contract.write(table.drop(ordered.index[number:]), fewer)
    counts = [part[column].nunique() for column in ("group", "label") for part in (taken, train)]
    log.info("%d of %d train samples: of %d of %d groups, of %d of %d labels", number, len(train), *counts)


def in_order(train: pd.DataFrame, seed: int) -> pd.DataFrame:
    """`train` (rows of Splits) one whole group after another, in an order that is drawn from `seed`.

    The first n rows are part of the first n + 1. Groups are told by name, and samples of a group stand in theirs: the
    order of `train` is of no account.
    """
    groups = np.random.default_rng(seed).permutation(np.unique(train["group"].to_numpy(str)))
    place = train["group"].map(pd.Series(np.arange(len(groups)), groups))
    return train.assign(place=place).sort_values(["place", "sample_id"]).drop(columns="place")


if "snakemake" in globals():
    run(take_train_samples, snakemake)  # noqa: F821
