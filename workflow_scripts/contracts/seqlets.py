"""Seqlets: stretches of regions whose bases add more to, or take more from, what models say than shuffled ones do.

`results/seq2track/attributions/{attribution}/seqlets.parquet`, one row a stretch, in order of region, sign and place:
region (its name), chrom, start, end (bp, 0-based half-open, on the genome), strand (of the region), sign (int64: 1 of
what adds, -1 of what takes away), first (bp from the first base of the region, in its direction), sequence (in the
direction of the region), attribution (float64: sum over its bases), peak (float64: the greatest mean over a window in
it, the least where sign is -1). Metadata: width of a window (bp), and the mean that it has to pass, `threshold.1` and
`threshold.-1`.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from workflow_scripts.io.tables import read_table, write_table

SCHEMA = pa.DataFrameSchema(
    {
        "region": pa.Column(str),
        "chrom": pa.Column(str),
        "start": pa.Column("int64"),
        "end": pa.Column("int64"),
        "strand": pa.Column(str, pa.Check.isin(["+", "-"])),
        "sign": pa.Column("int64", pa.Check.isin([1, -1])),
        "first": pa.Column("int64", pa.Check.ge(0)),
        "sequence": pa.Column(str, pa.Check.str_matches("^[ACGTN]+$")),
        "attribution": pa.Column("float64"),
        "peak": pa.Column("float64"),
    },
    checks=pa.Check(
        lambda seqlets: seqlets["end"] - seqlets["start"] == seqlets["sequence"].str.len(),
        name="sequence is that of its place",
    ),
    unique=["region", "sign", "first"],
    name="Seqlets",
    strict=True,
    ordered=True,
)


def write(seqlets: pd.DataFrame, path: Path, *, width: int, thresholds: dict[int, float]) -> None:
    about = {f"threshold.{sign}": repr(float(value)) for sign, value in thresholds.items()}
    write_table(seqlets, path, SCHEMA, {"width": str(width), **about})


def read(path: Path) -> tuple[pd.DataFrame, int, dict[int, float]]:
    """The seqlets, the width of a window and the thresholds by sign."""
    table, about = read_table(path, SCHEMA)
    return table, int(about["width"]), {sign: float(about[f"threshold.{sign}"]) for sign in (1, -1)}
