"""Metagene: mean signal of each track along genes that are scaled to one length, with flanks.

`results/tracks/{set}/metagene.parquet`, written by `tracks/measure_metagene`, one row per track, direction
and bin: track, assay (its name in words), direction (`sense`: on the gene's own strand, or `antisense`),
region (`upstream`, `gene`, `downstream`), start and end (bp along the scaled gene from 5' to 3', whose own
start is 0), signal (per bp, mean over genes, never negative), genes (how many).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from workflow_scripts.io.tables import read_table, validate_table, write_table


@cache
def schema() -> pa.DataFrameSchema:
    return pa.DataFrameSchema(
        {
            "track": pa.Column(str),
            "assay": pa.Column(str),
            "direction": pa.Column(str, pa.Check.isin(["sense", "antisense"])),
            "region": pa.Column(str, pa.Check.isin(["upstream", "gene", "downstream"])),
            "start": pa.Column("int64"),
            "end": pa.Column("int64"),
            "signal": pa.Column("float64", pa.Check.ge(0)),
            "genes": pa.Column("int64", pa.Check.ge(1)),
        },
        unique=["track", "direction", "start"],
        name="Metagene",
        strict=True,
        ordered=True,
    )


def validate(profiles: pd.DataFrame, where: Path | str = "Metagene") -> pd.DataFrame:
    return validate_table(profiles, schema(), where)


def write(profiles: pd.DataFrame, path: Path) -> None:
    write_table(profiles, path, schema())


def read(path: Path) -> pd.DataFrame:
    return read_table(path, schema())[0]
