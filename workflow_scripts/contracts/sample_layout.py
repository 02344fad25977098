"""SampleLayout: where the figures of the report draw each sample of a run.

`results/report/{run}/layout.parquet`, written by `report/plot_embedding`, one row a sample that is drawn: sample_id
(unique), umap_1, umap_2, tsne_1, tsne_2 (float32, no unit). Of fewer samples than the methods can start with, all four
are the first two principal components of the embedding, as the figures say.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from workflow_scripts.io.tables import read_table, write_table

COORDINATES = ("umap_1", "umap_2", "tsne_1", "tsne_2")
SCHEMA = pa.DataFrameSchema(
    {"sample_id": pa.Column(str, unique=True), **dict.fromkeys(COORDINATES, pa.Column("float32"))},
    name="SampleLayout",
    strict=True,
    ordered=True,
)


def write(layout: pd.DataFrame, path: Path) -> None:
    write_table(layout, path, SCHEMA)


def read(path: Path) -> pd.DataFrame:
    return read_table(path, SCHEMA)[0]
