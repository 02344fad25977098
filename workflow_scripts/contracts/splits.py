"""Splits: which kept sample is in which split.

`results/prebulk/splits.parquet`, written by `prebulk/split_samples`: sample_id (unique), corpus,
split (`train`, `validation`, `test`), group, label (empty string: unlabelled). Samples of one group
(patient, donor, connected series) never straddle splits. Samples that were dropped are not here.
`splits.500.parquet`, written by `prebulk/take_train_samples`, is the same with 500 train samples, for a learning curve.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.tables import read_table, validate_table, write_table

NAMES = ("train", "validation", "test")


SCHEMA = pa.DataFrameSchema(
    {
        "sample_id": pa.Column(str, unique=True),
        "corpus": pa.Column(str),
        "split": pa.Column(str, pa.Check.isin(NAMES)),
        "group": pa.Column(str, pa.Check.str_length(min_value=1)),
        "label": pa.Column(str),
    },
    name="Splits",
    strict=True,
    ordered=True,
)


def validate(splits: pd.DataFrame, where: Path | str = "Splits") -> pd.DataFrame:
    splits = validate_table(splits, SCHEMA, where)
    straddling = splits.groupby("group")["split"].nunique()
    if (straddling > 1).any():
        group = straddling.index[straddling > 1][0]
        raise BadInput(where, f"group {group!r}", "stands in more than one split", "Split by group.")
    return splits


def write(splits: pd.DataFrame, path: Path) -> None:
    write_table(validate(splits, path), path, SCHEMA)


def read(path: Path) -> pd.DataFrame:
    return validate(read_table(path, SCHEMA)[0], path)
