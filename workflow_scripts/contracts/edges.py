"""Edges: who regulates whom, as a model or a baseline ranks it.

`results/circuit/{dataset}/{run}/edges.parquet`, and `baselines/{method}.parquet` beside the runs: one row a directed
edge, the strongest first; an edge without a row has the weight 0. source and target (gene names), weight (float64,
above 0: what edges are ranked by, in no unit that two models share), sign (1 activates, -1 represses, 0 unknown),
probability (share of the members of an ensemble that have the edge, NaN without one).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pandera.pandas as pa

from workflow_scripts.io.tables import read_table, write_table

SCHEMA = pa.DataFrameSchema(
    {
        "source": pa.Column(str),
        "target": pa.Column(str),
        "weight": pa.Column("float64", pa.Check.gt(0)),
        "sign": pa.Column("int64", pa.Check.isin([-1, 0, 1])),
        "probability": pa.Column("float64", pa.Check.in_range(0, 1), nullable=True),
    },
    checks=pa.Check(lambda table: table["source"] != table["target"], error="an edge from a gene to itself"),
    unique=["source", "target"],
    name="Edges",
    strict=True,
    ordered=True,
)


def write(edges: pd.DataFrame, path: Path) -> None:
    write_table(edges, path, SCHEMA)


def write_matrix(
    weights: np.ndarray, genes: list[str], path: Path, *, signs: np.ndarray | None = None, share: np.ndarray | None = None
) -> None:
    """Write the edges of weights (sources x targets, float64, not negative); its diagonal, and zeros, are left out.

    signs: of the same shape, whose sign is that of the edge; share: probability of each edge.
    """
    off = np.where(np.eye(len(genes), dtype=bool), 0.0, weights)
    source, target = np.nonzero(off)
    names = np.array(genes, dtype=object)
    table = pd.DataFrame(
        {
            "source": names[source],
            "target": names[target],
            "weight": off[source, target].astype(float),
            "sign": np.zeros(len(source), int) if signs is None else np.sign(signs[source, target]).astype(int),
            "probability": np.nan if share is None else share[source, target].astype(float),
        }
    )
    write(table.sort_values("weight", ascending=False, kind="stable", ignore_index=True), path)


def read(path: Path) -> pd.DataFrame:
    return read_table(path, SCHEMA)[0]


def matrix(edges: pd.DataFrame, genes: list[str], column: str = "weight") -> np.ndarray:
    """One column of Edges as (sources x targets, float64), 0 where there is no row."""
    index = pd.Index(genes)
    found = np.zeros((len(genes), len(genes)))
    found[index.get_indexer(edges["source"]), index.get_indexer(edges["target"])] = edges[column]
    return found
