"""Edges: who regulates whom, as a model or a baseline ranks it.

`results/circuit/{network}/{run}/edges.parquet`: one row a directed edge, the strongest first; an edge without a row has
the weight 0. source and target (gene names), weight (float64, above 0: what edges are ranked by, in no unit that two
models share), sign (1 activates, -1 represses, 0 unknown), probability (share of the members of an ensemble that have
the edge, NaN without one). `baselines/edges.parquet` holds those of all baselines, with a first column method.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pandera.pandas as pa

from workflow_scripts.io.tables import read_table, write_table

COLUMNS = {
    "source": pa.Column(str),
    "target": pa.Column(str),
    "weight": pa.Column("float64", pa.Check.gt(0)),
    "sign": pa.Column("int64", pa.Check.isin([-1, 0, 1])),
    "probability": pa.Column("float64", pa.Check.in_range(0, 1), nullable=True),
}
FORM = {
    "checks": pa.Check(lambda table: table["source"] != table["target"], error="an edge from a gene to itself"),
    "strict": True,
    "ordered": True,
}
SCHEMA = pa.DataFrameSchema(COLUMNS, unique=["source", "target"], name="Edges", **FORM)
OF_METHODS = pa.DataFrameSchema(
    {"method": pa.Column(str), **COLUMNS}, unique=["method", "source", "target"], name="Edges of methods", **FORM
)


def write(edges: pd.DataFrame, path: Path) -> None:
    write_table(edges, path, SCHEMA)


def of_matrix(weights: np.ndarray, genes: list[str], signs: np.ndarray | None = None) -> pd.DataFrame:
    """The edges of weights (sources x targets, float64, not negative); its diagonal, and zeros, are left out.

    signs: of the same shape, whose sign is that of the edge.
    """
    off = np.where(np.eye(len(genes), dtype=bool), 0.0, weights)
    source, target = np.nonzero(off)
    known = None if signs is None else signs[source, target]
    return of_list(source, target, off[source, target], genes, known)


def of_list(
    source: np.ndarray,
    target: np.ndarray,
    weight: np.ndarray,
    genes: list[str],
    signs: np.ndarray | None = None,
    share: np.ndarray | None = None,
) -> pd.DataFrame:
    """The edges of sources and targets (places of genes, int64) with weights (float64, above 0), each (E,).

    signs: (E,), whose sign is that of the edge; share: (E,) its probability.
    """
    names = np.array(genes, dtype=object)
    table = pd.DataFrame(
        {
            "source": names[source],
            "target": names[target],
            "weight": weight.astype(float),
            "sign": np.zeros(len(source), int) if signs is None else np.sign(signs).astype(int),
            "probability": np.nan if share is None else share.astype(float),
        }
    )
    return table.sort_values("weight", ascending=False, kind="stable", ignore_index=True)


def read(path: Path) -> pd.DataFrame:
    return read_table(path, SCHEMA)[0]


def write_methods(edges: dict[str, pd.DataFrame], path: Path) -> None:
    """Write the Edges of several methods by name."""
    tables = [table.assign(method=name)[list(OF_METHODS.columns)] for name, table in edges.items()]
    write_table(pd.concat(tables, ignore_index=True), path, OF_METHODS)


def read_methods(path: Path) -> dict[str, pd.DataFrame]:
    """{method: its Edges}, in the order in which they were written."""
    found = read_table(path, OF_METHODS)[0]
    return {name: of[list(COLUMNS)].reset_index(drop=True) for name, of in found.groupby("method", sort=False)}


def matrix(edges: pd.DataFrame, genes: list[str], column: str = "weight") -> np.ndarray:
    """One column of Edges as (sources x targets, float64), 0 where there is no row."""
    index = pd.Index(genes)
    found = np.zeros((len(genes), len(genes)))
    found[index.get_indexer(edges["source"]), index.get_indexer(edges["target"])] = edges[column]
    return found
