"""WordEnrichment: which words stand in seqlets more often than in the rest of the same regions.

`results/seq2track/attributions/{attribution}/enrichment.parquet`, one row a word and sign of seqlets, by p within each
kind and sign: kind (`kmer` or `motif`), word (bases in the direction of the region, or the name of a motif),
orientation (`+`; `-` of a motif that stands on the other strand of the region), sign (int64, of the seqlets), inside
and inside_others (int64: places in seqlets with this word, and with another), rest and rest_others (of all other
places), odds_ratio (float64, 0.5 added to each count), p (float64: Fisher's exact test, one-sided), q (float64:
Benjamini and Hochberg's, over the words of a kind and sign).
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from workflow_scripts.io.tables import read_table, write_table

COUNTS = ("inside", "inside_others", "rest", "rest_others")
SCHEMA = pa.DataFrameSchema(
    {
        "kind": pa.Column(str, pa.Check.isin(["kmer", "motif"])),
        "word": pa.Column(str, pa.Check.str_length(min_value=1)),
        "orientation": pa.Column(str, pa.Check.isin(["+", "-"])),
        "sign": pa.Column("int64", pa.Check.isin([1, -1])),
        **{name: pa.Column("int64", pa.Check.ge(0)) for name in COUNTS},
        "odds_ratio": pa.Column("float64", pa.Check.gt(0)),
        "p": pa.Column("float64", pa.Check.in_range(0, 1)),
        "q": pa.Column("float64", pa.Check.in_range(0, 1)),
    },
    unique=["kind", "word", "orientation", "sign"],
    name="WordEnrichment",
    strict=True,
    ordered=True,
)


def write(enrichment: pd.DataFrame, path: Path) -> None:
    write_table(enrichment, path, SCHEMA)


def read(path: Path) -> pd.DataFrame:
    return read_table(path, SCHEMA)[0]
