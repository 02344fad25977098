"""Which samples of one file of counts the search of its corpus finds; the others are dropped as `not_in_search`.

`results/prebulk/searches/{corpus}/{number}.parquet`, one file for each file of counts of a corpus with a `search`,
written by `prebulk/search_samples`, one row per sample found, in the order of the file of counts:

| column | dtype | meaning |
|---|---|---|
| sample_id | str | GEO accession, unique |
| fields | str | the fields in which the term stands, with commas between |
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from workflow_scripts.io.tables import read_table, write_table

SCHEMA = pa.DataFrameSchema(
    {
        "sample_id": pa.Column(str, pa.Check.str_length(min_value=1), unique=True),
        "fields": pa.Column(str, pa.Check.str_length(min_value=1)),
    },
    name="SampleList",
    strict=True,
    ordered=True,
)


def write(samples: pd.DataFrame, path: Path) -> None:
    write_table(samples, path, SCHEMA)


def read(path: Path) -> pd.DataFrame:
    return read_table(path, SCHEMA)[0]
