"""GeneMapping: what became of the gene rows of every source of counts.

`results/prebulk/mapping/{corpus}/{shard}.parquet` (the first shard of a file has its rows, the others none), written by
`prebulk/normalize_counts`: one row per gene row of the source and one per gene of the table that the source
lacks: corpus, file, source_id, gene_id (empty: none) and fate:

| fate | meaning |
|---|---|
| mapped | the one row of its gene |
| alias | by an earlier or another name of its gene (`reference/gene_aliases`) |
| summed | one of several rows of its gene; their counts are added |
| par_y | the copy on chromosome Y of a pseudoautosomal gene; added to its gene |
| not protein coding | the source itself says so |
| not in the gene table | a gene that the table does not hold |
| ambiguous symbol | a symbol, or another name, that several genes of the table share |
| alias of a measured gene | another name of a gene that has a row of its own |
| no id | an empty identifier |
| unmeasured | a gene of the table that no row of the source measures (source_id is empty) |

`results/prebulk/mapping.parquet`, written by `prebulk/summarize_samples`, counts them: corpus, file, fate, genes (how
many rows of the file, or genes of the table that it lacks), examples (the first few identifiers).
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from workflow_scripts.io.tables import read_table, write_table

FATES = (
    "mapped",
    "alias",
    "summed",
    "par_y",
    "not protein coding",
    "not in the gene table",
    "ambiguous symbol",
    "alias of a measured gene",
    "no id",
    "unmeasured",
)
_FATE = {"fate": pa.Column(str, pa.Check.isin(FATES))}
ROWS = pa.DataFrameSchema(
    {**{name: pa.Column(str) for name in ("corpus", "file", "source_id", "gene_id")}, **_FATE},
    name="GeneMapping",
    strict=True,
    ordered=True,
)
COUNTS = pa.DataFrameSchema(
    {
        **{name: pa.Column(str) for name in ("corpus", "file")},
        **_FATE,
        "genes": pa.Column("int64", pa.Check.gt(0)),
        "examples": pa.Column(str),
    },
    name="GeneMappingCounts",
    unique=["corpus", "file", "fate"],
    strict=True,
    ordered=True,
)


def write_rows(mapping: pd.DataFrame, path: Path) -> None:
    write_table(mapping, path, ROWS)


def read_rows(path: Path) -> pd.DataFrame:
    return read_table(path, ROWS)[0]


def write(counts: pd.DataFrame, path: Path) -> None:
    write_table(counts, path, COUNTS)


def read(path: Path) -> pd.DataFrame:
    return read_table(path, COUNTS)[0]
