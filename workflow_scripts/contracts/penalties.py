"""Penalties: what the penalties that were tried for the edges of a circuit predict of experiments held out.

`results/circuit/{network}/{run}/selection.tsv`, its seal beside it, the best first: penalty, held_out_error (mean
squared error of levels, in variances of their gene, over what each member of the ensemble was not shown), and of it
roll_out_error (over time) and perturbation_error (at rest; NaN where there is none of that kind), chosen (of one row:
the run is of this penalty).
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from workflow_scripts.io.tables import read_text_table, write_text_table

SCHEMA = pa.DataFrameSchema(
    {
        "penalty": pa.Column("float64", pa.Check.ge(0), coerce=True),
        "held_out_error": pa.Column("float64", coerce=True),
        "roll_out_error": pa.Column("float64", nullable=True, coerce=True),
        "perturbation_error": pa.Column("float64", nullable=True, coerce=True),
        "chosen": pa.Column(bool),
    },
    checks=pa.Check(lambda table: table["chosen"].sum() == 1, error="not one penalty is chosen"),
    unique=["penalty"],
    name="Penalties",
    strict=True,
    ordered=True,
)


def write(tried: pd.DataFrame, path: Path) -> None:
    write_text_table(tried, path, SCHEMA)


def read(path: Path) -> pd.DataFrame:
    """Read the table; a damaged one raises BadInput."""
    return read_text_table(path, SCHEMA)
