"""EnhancerPairs: candidate regulatory elements and the genes that they may regulate.

`results/circuit/enhancers/{pairs}/pairs.parquet`: one row a pair, sorted by chrom, start, end, gene: chrom, start, end
(of the element, 0-based, half-open, bp), gene (its name), tss (start of transcription, 0-based, Int64, missing where
the source has none), distance (bp, from the element to it), regulated (boolean; missing where the pair was not tested),
and `feature:NAME`, float64, one column a feature, NaN where unknown.

Metadata: features, JSON {name: `log` or `linear`}, in the order of the columns; activity, JSON list of those whose
geometric mean is the activity of an element.
"""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.tables import read_table, write_table

KEYS = ["chrom", "start", "end", "gene"]
PREFIX = "feature:"

SCHEMA = pa.DataFrameSchema(
    {
        "chrom": pa.Column(str, pa.Check.str_length(min_value=1)),
        "start": pa.Column("int64", pa.Check.ge(0)),
        "end": pa.Column("int64"),
        "gene": pa.Column(str, pa.Check.str_length(min_value=1)),
        "tss": pa.Column("Int64", pa.Check.ge(0), nullable=True, coerce=True),
        "distance": pa.Column("int64", pa.Check.ge(0)),
        "regulated": pa.Column("boolean", nullable=True, coerce=True),
        f"^{PREFIX}": pa.Column("float64", regex=True, nullable=True),
    },
    checks=[
        pa.Check(lambda table: table["start"] < table["end"], error="an element that ends before it starts"),
        pa.Check(lambda table: table[KEYS].equals(table[KEYS].sort_values(KEYS)), error="pairs that are not sorted"),
    ],
    unique=KEYS,
    name="EnhancerPairs",
    strict=True,
    ordered=True,
)


def write(pairs: pd.DataFrame, path: Path, *, features: dict[str, str], activity: list[str]) -> None:
    """Write pairs, whose features are those of `features`, in their order; those of `activity` are among them."""
    missing = [PREFIX + name for name in features if PREFIX + name not in pairs]
    if missing:
        raise BadInput(path, missing[0], "is no column of the table", "Remove the file and run its rule again.")
    metadata = {"features": json.dumps(features), "activity": json.dumps(activity)}
    write_table(pairs, path, SCHEMA, metadata)


def read(path: Path) -> tuple[pd.DataFrame, dict[str, str], list[str]]:
    """The pairs, {feature: its scale} and the features of the activity."""
    pairs, metadata = read_table(path, SCHEMA)
    return pairs, json.loads(metadata["features"]), json.loads(metadata["activity"])
