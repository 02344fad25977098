"""Comparisons: each number of a model against the same number of each baseline.

`results/<stage>/{run}/comparisons.parquet`, one row per model, baseline and number: model, baseline, dataset, split,
task, level, metric, value (of the model), baseline_value, difference (value less baseline_value), ci_low and ci_high
(95 % interval of the difference, from the paired bootstrap over the same groups; NaN where there is none), verdict:

| verdict | meaning |
|---|---|
| ahead | the whole interval is on the side on which the model is better |
| behind | the whole interval is on the other side |
| level | the interval holds 0 |
| unknown | there is no interval (one group alone), or one of the values is undefined |
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from workflow_scripts.contracts.metrics import LEVELS, SPLITS
from workflow_scripts.io.tables import read_table, validate_table, write_table

VERDICTS = ("ahead", "behind", "level", "unknown")
NUMBERS = ("value", "baseline_value", "difference", "ci_low", "ci_high")

SCHEMA = pa.DataFrameSchema(
    {
        "model": pa.Column(str),
        "baseline": pa.Column(str),
        "dataset": pa.Column(str),
        "split": pa.Column(str, pa.Check.isin(SPLITS)),
        "task": pa.Column(str),
        "level": pa.Column(str, pa.Check.isin(LEVELS)),
        "metric": pa.Column(str),
        **{name: pa.Column("float64", nullable=True) for name in NUMBERS},
        "verdict": pa.Column(str, pa.Check.isin(VERDICTS)),
    },
    unique=["model", "baseline", "dataset", "split", "task", "level", "metric"],
    name="Comparisons",
    strict=True,
    ordered=True,
)


def validate(comparisons: pd.DataFrame, where: Path | str = "Comparisons") -> pd.DataFrame:
    return validate_table(comparisons, SCHEMA, where)


def write(comparisons: pd.DataFrame, path: Path) -> None:
    write_table(comparisons, path, SCHEMA)


def read(path: Path) -> pd.DataFrame:
    return read_table(path, SCHEMA)[0]
