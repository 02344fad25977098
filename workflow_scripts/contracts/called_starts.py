"""CalledStarts: for annotated starts of transcription, the highest call around each, on folds held out.

`results/seq2track/{run}/starts.tsv`, its seal beside it, written by `seq2track/predict_starts`, one row a track, gene
and model (the run; `measured_track`, the same call made of the measured signal):

| column | dtype | meaning |
|---|---|---|
| track | str | name of the track |
| fold | int64 | that the model has not seen |
| gene_id, chrom, strand | str | as in `contracts/gene_bodies` |
| tss | int64 | annotated start (bp, 0-based) |
| model | str | |
| called | float64 | middle of the bin that is called (bp, 0-based) |
| distance | float64 | from the annotated start to it (bp, downstream positive) |
| score | float64 | of the call, ln of a ratio |

`starts.bed` beside it has all calls of the run, whether a start is annotated or not, in the columns of BED6 and one
more: chrom, start, end (of the bin), name (the track), score (1000 (1 - exp(-score)), 0 to 1000), strand, and the score
itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from workflow_scripts.io.files import replacing
from workflow_scripts.io.seal import seal_beside
from workflow_scripts.io.tables import read_text_table, write_text_table

TEXT = ("track", "gene_id", "chrom", "strand", "model")
SCHEMA = pa.DataFrameSchema(
    {
        "track": pa.Column(str),
        "fold": pa.Column("int64", pa.Check.ge(0), coerce=True),
        "gene_id": pa.Column(str, pa.Check.str_length(min_value=1)),
        "chrom": pa.Column(str),
        "strand": pa.Column(str, pa.Check.isin(["+", "-"])),
        "tss": pa.Column("int64", pa.Check.ge(0), coerce=True),
        "model": pa.Column(str),
        "called": pa.Column("float64", coerce=True),
        "distance": pa.Column("float64", coerce=True),
        "score": pa.Column("float64", coerce=True),
    },
    unique=["track", "fold", "gene_id", "model"],
    name="CalledStarts",
    strict=True,
    ordered=True,
)


def write(starts: pd.DataFrame, path: Path) -> None:
    write_text_table(starts, path, SCHEMA)


def read(path: Path) -> pd.DataFrame:
    """Read such a table; a damaged one raises BadInput."""
    return read_text_table(path, SCHEMA, TEXT)


def write_bed(calls: Iterable[tuple[str, int, int, str, int, str, float]], path: Path) -> None:
    """Write calls as BED6 and a column, in their order, with a seal beside the file."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as handle:
        for *call, score in calls:
            handle.write("\t".join([*map(str, call), f"{score:.4f}"]) + "\n")
    seal_beside(path)
