"""RegionClasses: what stretches of the genome are, by the annotation and by predicted tracks, on folds held out.

`results/seq2track/{run}/region_classes.tsv`, its seal beside it, written by `seq2track/classify_regions`, one row a
stretch and strand:

| column | dtype | meaning |
|---|---|---|
| fold | int64 | that the model has not seen |
| chrom, strand | str | |
| start, end | int64 | bp, 0-based half-open |
| label | str | by the annotation, one of LABELS |
| predicted | str | by the predicted tracks |
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from workflow_scripts.io.tables import read_text_table, write_text_table

LABELS = ("start", "gene", "before_start", "after_end", "antisense", "intergenic")  # those before come first
TEXT = ("chrom", "strand", "label", "predicted")
SCHEMA = pa.DataFrameSchema(
    {
        "fold": pa.Column("int64", pa.Check.ge(0), coerce=True),
        "chrom": pa.Column(str),
        "start": pa.Column("int64", pa.Check.ge(0), coerce=True),
        "end": pa.Column("int64", pa.Check.ge(1), coerce=True),
        "strand": pa.Column(str, pa.Check.isin(["+", "-"])),
        "label": pa.Column(str, pa.Check.isin(LABELS)),
        "predicted": pa.Column(str, pa.Check.isin(LABELS)),
    },
    unique=["fold", "chrom", "start", "strand"],
    name="RegionClasses",
    strict=True,
    ordered=True,
)


def write(regions: pd.DataFrame, path: Path) -> None:
    write_text_table(regions, path, SCHEMA)


def read(path: Path) -> pd.DataFrame:
    """Read such a table; a damaged one raises BadInput."""
    return read_text_table(path, SCHEMA, TEXT)
