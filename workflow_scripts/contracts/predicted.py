"""Predicted: what a trained run says of new samples.

`results/bulk/{run}/predicted/{corpus}/samples.tsv`, its seal beside it, written by `bulk/predict_samples`, one row for
every sample of the files, in their order:

| column | dtype | meaning |
|---|---|---|
| sample_id | str | as the file of counts names it |
| fate | str | `kept`, or why nothing is predicted (see `contracts/samples`); then all that follows is empty |
| measured | float64 | share of the genes that the model knows which the sample measures (0 to 1) |
| label | str | as the sample sheet gives it, if it does |
| predicted | str | class; empty where the run has none |
| probability | float64 | of that class, calibrated on the validation split (0 to 1) |
| distance | float64 | Mahalanobis distance of the embedding to those of the train split |
| beyond | float64 | share of the validation split's samples that lie nearer (0 to 1) |
| note | str | what speaks against trusting the row; empty where nothing does |
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from workflow_scripts.io.tables import read_text_table, write_text_table

TEXT = ("sample_id", "fate", "label", "predicted", "note")
_SHARE = pa.Column("float64", pa.Check.in_range(0, 1), nullable=True, coerce=True)
SCHEMA = pa.DataFrameSchema(
    {
        "sample_id": pa.Column(str, pa.Check.str_length(min_value=1)),
        "fate": pa.Column(str, pa.Check.str_length(min_value=1)),
        "measured": _SHARE,
        "label": pa.Column(str),
        "predicted": pa.Column(str),
        "probability": _SHARE,
        "distance": pa.Column("float64", pa.Check.ge(0), nullable=True, coerce=True),
        "beyond": _SHARE,
        "note": pa.Column(str),
    },
    unique=["sample_id"],
    name="Predicted",
    strict=True,
    ordered=True,
)


def write(predicted: pd.DataFrame, path: Path) -> None:
    write_text_table(predicted, path, SCHEMA)


def read(path: Path) -> pd.DataFrame:
    """Read a table of predictions; a damaged one raises BadInput."""
    return read_text_table(path, SCHEMA, TEXT)
