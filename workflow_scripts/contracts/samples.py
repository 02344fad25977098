"""Samples: what became of every sample of every source, kept or dropped and why.

`results/prebulk/samples/{corpus}/{shard}.parquet` and, over all corpora, `results/prebulk/samples.parquet`:

| column | dtype | meaning |
|---|---|---|
| sample_id | str | GEO accession or barcode |
| corpus, shard, file | str | where it comes from |
| fate | str | see below |
| group, label | str | what must not straddle splits; class (empty: none) |
| singlecellprobability, alignedreads | float64 | of ARCHS4; NaN where the source has none |
| total_counts | float64 | over the genes of the table; NaN of a source of TPM, and where dropped before it was read |
| nonzero_genes | float64 | genes of the table above 0; NaN where dropped before it was read |

`results/prebulk/samples.parquet` has also duplicate_of (the sample kept instead) and split, both empty where
there is none.

| fate | dropped because |
|---|---|
| kept | not dropped |
| single_cell | its singlecellprobability is above the limit, or missing |
| few_aligned_reads | fewer aligned reads than the limit, or unknown |
| not_in_search | the search of its corpus does not find it |
| not_in_sheet | the sample sheet of its corpus does not name it |
| no_group | nothing says which samples it belongs to |
| empty | no count in any gene of the table |
| low_quality | fewer genes with counts than the limit |
| duplicate | another sample is the same (only in the table over all corpora) |
| not_split | split by corpus: its group is tested, or its corpus is in no split (only in that table) |
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from workflow_scripts.io.tables import read_table, write_table

KEPT = "kept"
FATES = (
    KEPT,
    "not_in_search",
    "not_in_sheet",
    "single_cell",
    "few_aligned_reads",
    "no_group",
    "empty",
    "low_quality",
    "duplicate",
    "not_split",
)

_COLUMNS = {
    "sample_id": pa.Column(str, pa.Check.str_length(min_value=1)),
    "corpus": pa.Column(str),
    "shard": pa.Column(str),
    "file": pa.Column(str),
    "fate": pa.Column(str, pa.Check.isin(FATES)),
    "group": pa.Column(str),
    "label": pa.Column(str),
    "singlecellprobability": pa.Column("float64", nullable=True),
    "alignedreads": pa.Column("float64", nullable=True),
    "total_counts": pa.Column("float64", nullable=True),
    "nonzero_genes": pa.Column("float64", nullable=True),
}
SHARD = pa.DataFrameSchema(_COLUMNS, unique=["sample_id"], name="Samples", strict=True, ordered=True)
ALL = pa.DataFrameSchema(
    {**_COLUMNS, "duplicate_of": pa.Column(str), "split": pa.Column(str)},
    unique=["corpus", "shard", "sample_id"],
    name="Samples",
    strict=True,
    ordered=True,
)


def write_shard(samples: pd.DataFrame, path: Path) -> None:
    write_table(samples, path, SHARD)


def read_shards(paths: list[Path]) -> pd.DataFrame:
    """The samples of several shards, in the order of the files."""
    return pd.concat([read_table(path, SHARD)[0] for path in paths], ignore_index=True)


def write(samples: pd.DataFrame, path: Path) -> None:
    write_table(samples, path, ALL)


def read(path: Path) -> pd.DataFrame:
    return read_table(path, ALL)[0]
