"""Separation: how well embeddings of a trained run tell the labels of validation samples, and which of them it keeps.

`results/bulk/{run}/separation.tsv`, its seal beside it, one row for each embedding to choose from: coordinates (along
factors) and states (of the network) that it holds, neighbour_accuracy (of 5 nearest neighbours), weighted_f1 (of
logistic regression) and silhouette, each NaN where it is not defined; separation (the sum of those that are), kept.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from workflow_scripts.io.tables import read_text_table, write_text_table

MEASURES = ("neighbour_accuracy", "weighted_f1", "silhouette")

SCHEMA = pa.DataFrameSchema(
    {
        "coordinates": pa.Column("int64", pa.Check.ge(0)),
        "states": pa.Column("int64", pa.Check.ge(0)),
        **{name: pa.Column("float64", pa.Check.in_range(-1, 1), nullable=True, coerce=True) for name in MEASURES},
        "separation": pa.Column("float64", coerce=True),
        "kept": pa.Column(bool),
    },
    checks=pa.Check(lambda separation: separation["kept"].sum() == 1, name="keeps one"),
    unique=["coordinates", "states"],
    name="Separation",
    strict=True,
    ordered=True,
)


def write(separation: pd.DataFrame, path: Path) -> None:
    write_text_table(separation, path, SCHEMA)


def read(path: Path) -> pd.DataFrame:
    """Read a separation; a damaged one raises BadInput."""
    return read_text_table(path, SCHEMA)
