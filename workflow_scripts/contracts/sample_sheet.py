"""SampleSheet: what a user says of the samples of one corpus.

`results/prebulk/sheets/{corpus}.parquet`, written by `prebulk/match_samples`, one row a sample, in the order of the
user's sheet: sample_id (unique), file (name of the file of counts that holds it), and every further column of the sheet
as text, empty where nothing is known: among them group (what must not straddle splits) and label (the class), where the
sheet has them, and whatever figures can be coloured by.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from workflow_scripts.io.tables import read_table, write_table

SCHEMA = pa.DataFrameSchema(
    {"sample_id": pa.Column(str, pa.Check.str_length(min_value=1), unique=True), "file": pa.Column(str)},
    name="SampleSheet",
    ordered=True,
)


def write(sheet: pd.DataFrame, path: Path) -> None:
    write_table(sheet, path, SCHEMA)


def read(path: Path) -> pd.DataFrame:
    return read_table(path, SCHEMA)[0]
