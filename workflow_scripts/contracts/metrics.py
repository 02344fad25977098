"""Metrics: every reported number, models and baselines alike, in long form.

`results/<stage>/{run}/metrics.parquet`. One row per number: model, dataset, split, task, level
(`pooled`, `per_gene`, `per_sample`, `per_class`), metric, value, ci_low and ci_high (95 % bootstrap
interval; NaN where none was computed), n (what the number was computed over: samples, genes, ...).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from workflow_scripts.io.tables import read_table, validate_table, write_table

LEVELS = ("pooled", "per_gene", "per_sample", "per_class")


@cache
def schema() -> pa.DataFrameSchema:
    return pa.DataFrameSchema(
        {
            "model": pa.Column(str),
            "dataset": pa.Column(str),
            "split": pa.Column(str, pa.Check.isin(["train", "validation", "test"])),
            "task": pa.Column(str),
            "level": pa.Column(str, pa.Check.isin(LEVELS)),
            "metric": pa.Column(str),
            "value": pa.Column("float64", nullable=True),
            "ci_low": pa.Column("float64", nullable=True),
            "ci_high": pa.Column("float64", nullable=True),
            "n": pa.Column("int64", pa.Check.ge(0)),
        },
        unique=["model", "dataset", "split", "task", "level", "metric"],
        name="Metrics",
        strict=True,
        ordered=True,
    )


def validate(metrics: pd.DataFrame, where: Path | str = "Metrics") -> pd.DataFrame:
    return validate_table(metrics, schema(), where)


def write(metrics: pd.DataFrame, path: Path) -> None:
    write_table(metrics, path, schema())


def read(path: Path) -> pd.DataFrame:
    return read_table(path, schema())[0]
