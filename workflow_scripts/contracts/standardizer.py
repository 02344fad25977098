"""Standardizer: per-gene mean and sd of log(TPM+1) over the train split only.

`results/prebulk/standardizer.parquet`, written by `prebulk/fit_standardizer`, in gene-table order:
gene_id, mean and sd (float64, natural-log units; NaN where no train sample measures the gene),
n (train samples in which the gene is measured). Metadata: `gene_order`. `standardizer.500.parquet` is that of
`splits.500.parquet`.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from workflow_scripts.contracts.gene_order import order_digest, require_order
from workflow_scripts.io.tables import read_table, validate_table, write_table

SCHEMA = pa.DataFrameSchema(
    {
        "gene_id": pa.Column(str, unique=True),
        "mean": pa.Column("float64", nullable=True),
        "sd": pa.Column("float64", pa.Check.ge(0), nullable=True),
        "n": pa.Column("int64", pa.Check.ge(0)),
    },
    name="Standardizer",
    strict=True,
    ordered=True,
)


def validate(standardizer: pd.DataFrame, where: Path | str = "Standardizer") -> pd.DataFrame:
    return validate_table(standardizer, SCHEMA, where)


def write(standardizer: pd.DataFrame, path: Path) -> None:
    standardizer = validate(standardizer, path)
    write_table(standardizer, path, SCHEMA, {"gene_order": order_digest(standardizer["gene_id"])})


def read(path: Path, gene_order: str | None = None) -> pd.DataFrame:
    standardizer, metadata = read_table(path, SCHEMA)
    require_order(path, metadata.get("gene_order", "none"), gene_order)
    require_order(path, metadata.get("gene_order", "none"), order_digest(standardizer["gene_id"]))
    return standardizer
