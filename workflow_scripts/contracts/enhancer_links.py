"""EnhancerLinks: how likely each element regulates each gene, as one model says it that did not see their chromosome.

`results/circuit/enhancers/{pairs}/links/{model}.parquet`: one row a pair of EnhancerPairs, in its order: chrom, start,
end (0-based, half-open, bp), gene, score (float64: by it pairs are ranked, in no unit that two models share),
probability (float64; NaN of a model that gives none).
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from workflow_scripts.contracts.enhancer_pairs import KEYS
from workflow_scripts.io.tables import read_table, write_table

SCHEMA = pa.DataFrameSchema(
    {
        "chrom": pa.Column(str),
        "start": pa.Column("int64", pa.Check.ge(0)),
        "end": pa.Column("int64"),
        "gene": pa.Column(str),
        "score": pa.Column("float64"),
        "probability": pa.Column("float64", pa.Check.in_range(0, 1), nullable=True),
    },
    unique=KEYS,
    name="EnhancerLinks",
    strict=True,
    ordered=True,
)


def write(links: pd.DataFrame, path: Path) -> None:
    write_table(links, path, SCHEMA)


def read(path: Path) -> pd.DataFrame:
    return read_table(path, SCHEMA)[0]
