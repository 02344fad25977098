"""Class predictions of one task: one row per sample and model, for confusion tables.

`results/bulk/**/predictions.parquet`, written by the classification rules: model, dataset, sample_id,
split, group, label (true), predicted.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from workflow_scripts.io.tables import read_table, validate_table, write_table

COLUMNS = ("model", "dataset", "sample_id", "split", "group", "label", "predicted")
SCHEMA = pa.DataFrameSchema(
    {name: pa.Column(str) for name in COLUMNS},
    unique=["model", "dataset", "sample_id"],
    name="Predictions",
    strict=True,
    ordered=True,
)


def validate(predictions: pd.DataFrame, where: Path | str = "Predictions") -> pd.DataFrame:
    return validate_table(predictions, SCHEMA, where)


def write(predictions: pd.DataFrame, path: Path) -> None:
    write_table(predictions, path, SCHEMA)


def read(path: Path) -> pd.DataFrame:
    return read_table(path, SCHEMA)[0]
