"""Candidates: the edges that a circuit may have, where not all may be, and how likely each is beforehand.

`results/circuit/{network}/candidates.parquet`: one row a directed edge, in the order of target, then of source, both as
the genes of Experiments are ordered: source and target (gene names), prior (float64, from 0, no more likely than any,
to 1). They are learned from: what is known to be true of the circuit never is among them.
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
        "prior": pa.Column("float64", pa.Check.in_range(0, 1)),
    },
    checks=[
        pa.Check(lambda table: table["source"] != table["target"], error="an edge from a gene to itself"),
        pa.Check(lambda table: len(table) > 0, error="no edge", ignore_na=False),
    ],
    unique=["source", "target"],
    name="Candidates",
    strict=True,
    ordered=True,
)


def write(edges: pd.DataFrame, path: Path) -> None:
    write_table(edges, path, SCHEMA)


def read(path: Path) -> pd.DataFrame:
    return read_table(path, SCHEMA)[0]
