"""Selection: what a trained run takes of each of its members, and what they predict alone, on validation.

`results/bulk/{run}/selection.tsv`, its seal beside it: member (`factors`, `kernel_ridge`, `network`; `base`, the first
two together; `stack`, all that the run takes), weight (0 to 1; of the base what its parts have together),
squared_error (mean over hidden values of the validation split, ln(TPM+1)^2), skill (1 less that error over that of the
train mean of each gene; NaN where that is 0).
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from workflow_scripts.io.tables import read_text_table, write_text_table

MEMBERS = ("factors", "kernel_ridge", "network", "base", "stack")

SCHEMA = pa.DataFrameSchema(
    {
        "member": pa.Column(str, pa.Check.isin(MEMBERS)),
        "weight": pa.Column("float64", pa.Check.in_range(0, 1), coerce=True),
        "squared_error": pa.Column("float64", pa.Check.ge(0), coerce=True),
        "skill": pa.Column("float64", nullable=True, coerce=True),
    },
    unique=["member"],
    name="Selection",
    strict=True,
    ordered=True,
)


def write(selection: pd.DataFrame, path: Path) -> None:
    write_text_table(selection, path, SCHEMA)


def read(path: Path) -> pd.DataFrame:
    """Read a selection; a damaged one raises BadInput."""
    return read_text_table(path, SCHEMA)
