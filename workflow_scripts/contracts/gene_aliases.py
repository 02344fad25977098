"""GeneAliases: other names of the genes of the gene table.

`results/reference/gene_aliases.parquet`, written by `reference/list_gene_aliases` where the configuration names a table
of them: one row per name and gene: alias (never the symbol of a gene of the table), gene_id, and kind: `symbol`
(approved, where the gene table has another one), `previous` or `alias`. A name that stands with two genes, of which the
table may lack one, is ambiguous, and no reader may choose.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from workflow_scripts.io.tables import read_table, write_table

KINDS = ("symbol", "previous", "alias")
SCHEMA = pa.DataFrameSchema(
    {
        "alias": pa.Column(str, pa.Check.str_length(min_value=1)),
        "gene_id": pa.Column(str, pa.Check.str_length(min_value=1)),
        "kind": pa.Column(str, pa.Check.isin(KINDS)),
    },
    name="GeneAliases",
    unique=["alias", "gene_id"],
    strict=True,
    ordered=True,
)


def write(aliases: pd.DataFrame, path: Path) -> None:
    write_table(aliases, path, SCHEMA)


def read(path: Path) -> pd.DataFrame:
    return read_table(path, SCHEMA)[0]
