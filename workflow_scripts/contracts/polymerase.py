"""Polymerase features: what the polymerase does on each gene, per track.

`results/tracks/{set}/polymerase.parquet`, written by `tracks/measure_polymerase`, one row per gene and
track, all genes of each track in gene-table order: gene_id, track, pause_count and body_count (sense signal
in the pause and body windows), pause_length and body_length (bp), pause_density and body_density (per bp),
pausing_index (ratio of the densities; NaN where the body has no signal), ci_low and ci_high (interval of the
index; ci_high is infinite where the body has no signal, both are NaN where the signal is not counts),
antisense_count (in the body window), measured (bool: False where the gene is too short, not nuclear, not on
the genome, or where its or another gene's pause window overlaps the other, and on a track of an assay of
initiation, which does not see the polymerase in gene bodies; its index is then NaN), reason (why a gene is not
measured; empty where it is). Metadata: `gene_order`.

The interval is exact for two independent Poisson counts. So each unit of signal must be one read that was
counted once, at one base, and duplicates of the PCR removed: `values: counts` of the configuration declares
it. Coverage, in which a read counts at every base that it covers, would have intervals far too narrow, and
fractional values are not counts: neither has any.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from workflow_scripts.contracts.gene_order import order_digest, require_order
from workflow_scripts.io.tables import read_table, validate_table, write_table


@cache
def schema() -> pa.DataFrameSchema:
    numbers = ("pause_count", "body_count", "pause_density", "body_density", "pausing_index", "ci_low", "ci_high")
    return pa.DataFrameSchema(
        {
            "gene_id": pa.Column(str),
            "track": pa.Column(str),
            **{name: pa.Column("float64", nullable=True) for name in numbers},
            "antisense_count": pa.Column("float64", nullable=True),
            "pause_length": pa.Column("int64", pa.Check.ge(0)),
            "body_length": pa.Column("int64", pa.Check.ge(0)),
            "measured": pa.Column(bool),
            "reason": pa.Column(str),
        },
        checks=pa.Check(lambda table: table["measured"] == (table["reason"] == ""), name="a reason where not measured"),
        unique=["gene_id", "track"],
        name="PolymeraseFeatures",
        strict=True,
    )


def validate(features: pd.DataFrame, where: Path | str = "PolymeraseFeatures") -> pd.DataFrame:
    return validate_table(features, schema(), where)


def write(features: pd.DataFrame, path: Path, gene_order: str) -> None:
    features = validate(features, path)
    _require_genes(features, path, gene_order)
    write_table(features, path, schema(), {"gene_order": gene_order})


def read(path: Path, gene_order: str | None = None) -> pd.DataFrame:
    features, metadata = read_table(path, schema())
    stated = metadata.get("gene_order", "none")
    require_order(path, stated, gene_order)
    _require_genes(features, path, stated)
    return features


def known_indices(features: pd.DataFrame) -> pd.Series:
    """The indices of the genes that have one, of which a median is taken: of 0 too, where the pause has no signal."""
    return features["pausing_index"].dropna()


def _require_genes(features: pd.DataFrame, path: Path, gene_order: str) -> None:
    """Raise BadInput unless the rows of every track are the genes of that order."""
    for _, rows in features.groupby("track", sort=False):
        require_order(path, gene_order, order_digest(rows["gene_id"]))
