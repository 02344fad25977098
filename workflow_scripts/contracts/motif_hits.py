"""MotifHits: where given motifs stand in the regions of Attributions.

`results/seq2track/attributions/{attribution}/hits.parquet`, one row a hit, in order of motif, region and place: motif,
region (its name), chrom, start, end (bp, 0-based half-open, on the genome), strand (on which the motif stands),
orientation (`+` where that is the strand of the region), score (float64: log-odds, bits), threshold (float64: of the
motif, bits), attribution (float64: sum over its bases), in_seqlet (int64: the sign of the seqlet that holds its middle
base, 0 where there is none). Without motifs there are no rows.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from workflow_scripts.io.tables import read_table, write_table

SCHEMA = pa.DataFrameSchema(
    {
        "motif": pa.Column(str, pa.Check.str_length(min_value=1)),
        "region": pa.Column(str),
        "chrom": pa.Column(str),
        "start": pa.Column("int64"),
        "end": pa.Column("int64"),
        "strand": pa.Column(str, pa.Check.isin(["+", "-"])),
        "orientation": pa.Column(str, pa.Check.isin(["+", "-"])),
        "score": pa.Column("float64"),
        "threshold": pa.Column("float64"),
        "attribution": pa.Column("float64"),
        "in_seqlet": pa.Column("int64", pa.Check.isin([-1, 0, 1])),
    },
    checks=pa.Check(lambda hits: hits["score"] >= hits["threshold"], name="score is at or above the threshold"),
    unique=["motif", "region", "start", "strand"],
    name="MotifHits",
    strict=True,
    ordered=True,
)


def write(hits: pd.DataFrame, path: Path) -> None:
    write_table(hits, path, SCHEMA)


def read(path: Path) -> pd.DataFrame:
    return read_table(path, SCHEMA)[0]
