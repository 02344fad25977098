"""TranscriptTable: the genes of transcripts.

`results/reference/transcripts.parquet`, written by `reference/list_transcripts` where counts of transcripts ask for it:
one row a transcript of any biotype: transcript_id (unique) and gene_id, both without version.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from workflow_scripts.io.tables import read_table, write_table

SCHEMA = pa.DataFrameSchema(
    {
        "transcript_id": pa.Column(str, pa.Check.str_length(min_value=1), unique=True),
        "gene_id": pa.Column(str, pa.Check.str_length(min_value=1)),
    },
    name="TranscriptTable",
    strict=True,
    ordered=True,
)


def write(transcripts: pd.DataFrame, path: Path) -> None:
    write_table(transcripts, path, SCHEMA)


def read(path: Path) -> pd.DataFrame:
    return read_table(path, SCHEMA)[0]


def gene_of(table: pd.DataFrame) -> dict[str, str]:
    """The gene of each transcript."""
    return dict(zip(table["transcript_id"], table["gene_id"], strict=True))
