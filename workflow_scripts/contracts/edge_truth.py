"""EdgeTruth: which of the candidate edges of a circuit there are. Scoring alone reads it.

`results/circuit/{network}/truth.parquet`: one row a candidate edge (the universe that is scored): source, target
(gene names), present (bool), sign (1, -1; 0 where it is not known, or there is no edge).
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from workflow_scripts.io.tables import read_table, write_table

SCHEMA = pa.DataFrameSchema(
    {
        "source": pa.Column(str),
        "target": pa.Column(str),
        "present": pa.Column(bool),
        "sign": pa.Column("int64", pa.Check.isin([-1, 0, 1])),
    },
    checks=[
        pa.Check(lambda table: table["source"] != table["target"], error="an edge from a gene to itself"),
        pa.Check(lambda table: table["present"].any(), error="no edge is present", ignore_na=False),
    ],
    unique=["source", "target"],
    name="EdgeTruth",
    strict=True,
    ordered=True,
)


def write(edges: pd.DataFrame, path: Path) -> None:
    write_table(edges, path, SCHEMA)


def read(path: Path) -> pd.DataFrame:
    return read_table(path, SCHEMA)[0]
