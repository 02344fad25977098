"""Metrics: every reported number, models and baselines alike, in long form.

`results/<stage>/{run}/metrics.parquet`. One row per number: model, dataset, split, task, level (a key of `LEVELS`),
metric, value, ci_low and ci_high (95 % bootstrap interval; NaN where none was computed), n (what the number was
computed over: samples, genes, ...).

Before they are collected, the numbers of one model carry their bootstrap along (`Replicates`): replicates (float64,
the number in each resample of whole groups; NaN where it is undefined there) and groups (digest of the groups that
were resampled, and of the draws). Where two models have equal `groups`, resample k of one is resample k of the other:
so their difference has a paired interval.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pandera.pandas as pa

from workflow_scripts.io.tables import read_table, validate_table, write_table

LEVELS = {"pooled": "pooled", "per_gene": "per gene", "per_sample": "per sample", "per_class": "per class"}
SPLITS = ("train", "validation", "test")
KEYS = ["model", "dataset", "split", "task", "level", "metric"]

COLUMNS = {
    "model": pa.Column(str),
    "dataset": pa.Column(str),
    "split": pa.Column(str, pa.Check.isin(SPLITS)),
    "task": pa.Column(str),
    "level": pa.Column(str, pa.Check.isin(LEVELS)),
    "metric": pa.Column(str),
    "value": pa.Column("float64", nullable=True),
    "ci_low": pa.Column("float64", nullable=True),
    "ci_high": pa.Column("float64", nullable=True),
    "n": pa.Column("int64", pa.Check.ge(0)),
}
SCHEMA = pa.DataFrameSchema(COLUMNS, unique=KEYS, name="Metrics", strict=True, ordered=True)
REPLICATES = pa.DataFrameSchema(
    {**COLUMNS, "replicates": pa.Column(object), "groups": pa.Column(str)},
    unique=KEYS,
    name="Replicates",
    strict=True,
    ordered=True,
)


def validate(metrics: pd.DataFrame, where: Path | str = "Metrics") -> pd.DataFrame:
    return validate_table(metrics, SCHEMA, where)


def write(metrics: pd.DataFrame, path: Path) -> None:
    write_table(metrics, path, SCHEMA)


def read(path: Path) -> pd.DataFrame:
    return read_table(path, SCHEMA)[0]


def write_replicates(rows: list[dict], path: Path) -> None:
    """Write rows of Metrics with their replicates (float64, (resamples,)) and groups; there may be none."""
    types = {"value": float, "ci_low": float, "ci_high": float, "n": "int64"}
    frame = pd.DataFrame(rows, columns=list(REPLICATES.columns)).astype(types)
    frame["replicates"] = frame["replicates"].map(lambda values: np.asarray(values, np.float64))
    write_table(frame, path, REPLICATES)


def read_replicates(path: Path) -> pd.DataFrame:
    return read_table(path, REPLICATES)[0]
