"""Trials: all trials of a search, the best first.

`results/bulk/{run}/trials.tsv` and `results/circuit/{network}/{run}/trials.tsv`, its seal beside it: trial (its number,
from 1), rank (1 is the one that was taken), what a search may look at (of `bulk`, all of the validation split,
imputation: skill of the stack, and network: of the network alone, see Selection; classification: weighted F1, and
embedding: separation, of the embedding that is kept, see Separation; of `circuit` held_out, roll_out, perturbation:
errors on what was held out, see Penalties; NaN where not defined), epochs (trained), seconds (of wall time, in these),
and a column for each setting that was searched, called by its key path in the run; a value that is a list is written as
JSON.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from workflow_scripts.io.tables import read_text_table, write_text_table

OBJECTIVES = ("imputation", "network", "classification", "embedding", "held_out", "roll_out", "perturbation")

SCHEMA = pa.DataFrameSchema(
    {
        "trial": pa.Column("int64", pa.Check.ge(1)),
        "rank": pa.Column("int64", pa.Check(lambda rank: rank == range(1, len(rank) + 1), name="counts from 1")),
        **{name: pa.Column("float64", nullable=True, coerce=True, required=False) for name in OBJECTIVES},
        "epochs": pa.Column("int64", pa.Check.ge(0)),
        "seconds": pa.Column("float64", pa.Check.ge(0), coerce=True),
    },
    checks=pa.Check(lambda trials: len(trials) > 0, name="holds a trial"),
    unique=["trial"],
    name="Trials",
)


def write(trials: pd.DataFrame, path: Path) -> None:
    write_text_table(trials, path, SCHEMA)


def read(path: Path) -> pd.DataFrame:
    """Read all trials of a search; a damaged table raises BadInput."""
    return read_text_table(path, SCHEMA)
