"""History: how the loss of one run went down.

`results/<stage>/{run}/history.tsv`, its seal beside it, one row per epoch; epoch 0 is the model before training: epoch
(0, 1, ...), train_loss (mean over the epoch, while the model changes; NaN where there was none, as at epoch 0) and
validation_loss (after the epoch), both mean squared errors of hidden values, or Poisson losses of bins of tracks,
learning_rate (at the end of the epoch), seconds (of wall time), samples_per_second (train samples over these seconds,
in which validation is too; 0 at epoch 0) and peak_memory_mib (most memory, since the process began, of the first GPU's
tensors or, without a GPU, of the first process).
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from workflow_scripts.io.tables import read_text_table, validate_table, write_text_table

SCHEMA = pa.DataFrameSchema(
    {
        "epoch": pa.Column("int64", pa.Check(lambda epoch: epoch == range(len(epoch)), name="counts from 0")),
        "train_loss": pa.Column("float64", nullable=True, coerce=True),
        "validation_loss": pa.Column("float64", nullable=True, coerce=True),
        "learning_rate": pa.Column("float64", coerce=True),
        "seconds": pa.Column("float64", coerce=True),
        "samples_per_second": pa.Column("float64", coerce=True),
        "peak_memory_mib": pa.Column("float64", coerce=True),
    },
    checks=pa.Check(lambda history: len(history) > 0, name="holds an epoch"),
    unique=["epoch"],
    name="History",
    strict=True,
    ordered=True,
)


def validate(history: pd.DataFrame, where: Path | str = "History") -> pd.DataFrame:
    return validate_table(history, SCHEMA, where)


def write(history: pd.DataFrame, path: Path) -> None:
    write_text_table(history, path, SCHEMA)


def read(path: Path) -> pd.DataFrame:
    """Read a history; a damaged one raises BadInput."""
    return read_text_table(path, SCHEMA)
