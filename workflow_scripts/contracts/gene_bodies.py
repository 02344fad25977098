"""GeneBodies: the genes of the gene table on the genome, under the genome's names of its chromosomes.

`results/reference/gene_bodies.parquet`, written by `reference/place_genes`, one row a gene in gene-table order:
gene_id, chrom (as the genome spells it; as the annotation does where the genome has no such one), start and end (bp,
0-based half-open), strand (`+` or `-`), tss (first transcribed base of the chosen transcript, 0-based), placed (bool:
False on a chromosome that the genome lacks, and on the mitochondrion, which another polymerase transcribes).
Metadata: `gene_order`.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from workflow_scripts.contracts.gene_order import order_digest, require_order
from workflow_scripts.io.tables import read_table, validate_table, write_table

SCHEMA = pa.DataFrameSchema(
    {
        "gene_id": pa.Column(str, pa.Check.str_length(min_value=1), unique=True),
        "chrom": pa.Column(str),
        "start": pa.Column("int64", pa.Check.ge(0)),
        "end": pa.Column("int64"),
        "strand": pa.Column(str, pa.Check.isin(["+", "-"])),
        "tss": pa.Column("int64"),
        "placed": pa.Column(bool),
    },
    checks=[
        pa.Check(lambda genes: genes["end"] > genes["start"], name="end is after start"),
        pa.Check(lambda genes: genes["tss"].between(genes["start"], genes["end"] - 1), name="tss lies in the gene"),
    ],
    name="GeneBodies",
    strict=True,
    ordered=True,
)


def validate(bodies: pd.DataFrame, where: Path | str = "GeneBodies") -> pd.DataFrame:
    return validate_table(bodies, SCHEMA, where)


def write(bodies: pd.DataFrame, path: Path) -> None:
    bodies = validate(bodies, path)
    write_table(bodies, path, SCHEMA, {"gene_order": order_digest(bodies["gene_id"])})


def read(path: Path, gene_order: str | None = None) -> tuple[pd.DataFrame, str]:
    """Return the table and its gene-order digest."""
    bodies, metadata = read_table(path, SCHEMA)
    stated = metadata.get("gene_order", "none")
    require_order(path, stated, gene_order)
    require_order(path, stated, order_digest(bodies["gene_id"]))
    return bodies, stated
