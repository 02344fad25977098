"""GeneTable: the gene universe of a run, in the order of every other file indexed by gene.

`results/reference/genes.parquet`, written by `reference/make_gene_table`, one row per gene:

| column | dtype | meaning |
|---|---|---|
| gene_id | str | stable identifier without version |
| symbol | str | gene symbol, or the gene_id where there is none |
| chrom | str | chromosome name as in the annotation |
| start, end | int64 | gene body, bp, 0-based half-open |
| strand | str | `+` or `-` |
| tss | int64 | position of the first transcribed base of the chosen transcript, 0-based |
| transcript_id, protein_id | str | the chosen transcript and its protein, without version |
| protein_length | int64 | amino acids; without a proteome 0, and protein_id is empty |
| exon_length | float64 | bp of the union of exons (or of the declared table), the length of TPM |

Metadata: `gene_order` (see `contracts/gene_order`), `genome` (name of the assembly).
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
        "symbol": pa.Column(str),
        "chrom": pa.Column(str),
        "start": pa.Column("int64", pa.Check.ge(0)),
        "end": pa.Column("int64"),
        "strand": pa.Column(str, pa.Check.isin(["+", "-"])),
        "tss": pa.Column("int64"),
        "transcript_id": pa.Column(str),
        "protein_id": pa.Column(str),
        "protein_length": pa.Column("int64", pa.Check.ge(0)),
        "exon_length": pa.Column("float64", pa.Check.gt(0)),
    },
    checks=[
        pa.Check(lambda genes: genes["end"] > genes["start"], name="end is after start"),
        pa.Check(lambda genes: genes["tss"].between(genes["start"], genes["end"] - 1), name="tss lies in the gene"),
        pa.Check(
            lambda genes: (genes["protein_length"] > 0) == (genes["protein_id"] != ""),
            name="protein_length is above 0 where there is a protein_id, and nowhere else",
        ),
    ],
    name="GeneTable",
    strict=True,
    ordered=True,
)


def validate(genes: pd.DataFrame, where: Path | str = "GeneTable") -> pd.DataFrame:
    return validate_table(genes, SCHEMA, where)


def write(genes: pd.DataFrame, path: Path, genome: str) -> None:
    genes = validate(genes, path)
    write_table(genes, path, SCHEMA, {"gene_order": order_digest(genes["gene_id"]), "genome": genome})


def read(path: Path) -> tuple[pd.DataFrame, str]:
    """Return the table and its gene-order digest; `frame.attrs["genome"]` names the assembly."""
    genes, metadata = read_table(path, SCHEMA)
    order = order_digest(genes["gene_id"])
    require_order(path, metadata.get("gene_order", "none"), order)
    genes.attrs["genome"] = metadata.get("genome", "")
    return genes, order
