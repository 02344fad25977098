"""AnnotatedGenes: every gene of the annotation, coding or not, at each of its places.

`results/reference/annotated_genes.parquet`, written by `reference/list_annotated_genes` where a mask of tracks asks for
it: gene_id (without version), biotype (empty where the annotation tells none), chrom (as the genome spells it; as the
annotation does where the genome has no such one), start and end (bp, 0-based half-open), strand (`+` or `-`).
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from workflow_scripts.io.tables import read_table, write_table

SCHEMA = pa.DataFrameSchema(
    {
        "gene_id": pa.Column(str, pa.Check.str_length(min_value=1)),
        "biotype": pa.Column(str),
        "chrom": pa.Column(str),
        "start": pa.Column("int64", pa.Check.ge(0)),
        "end": pa.Column("int64"),
        "strand": pa.Column(str, pa.Check.isin(["+", "-"])),
    },
    checks=pa.Check(lambda genes: genes["end"] > genes["start"], name="end is after start"),
    unique=["gene_id", "chrom", "start", "end", "strand"],
    name="AnnotatedGenes",
    strict=True,
    ordered=True,
)


def write(genes: pd.DataFrame, path: Path) -> None:
    write_table(genes, path, SCHEMA)


def read(path: Path) -> pd.DataFrame:
    return read_table(path, SCHEMA)[0]
