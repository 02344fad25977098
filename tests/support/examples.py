"""One small good example of each contract, and how its content is compared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from workflow_scripts.contracts import (
    expression,
    gene_embedding,
    gene_table,
    metrics,
    model_bundle,
    polymerase,
    predictions,
    provenance,
    sample_embedding,
    splits,
    standardizer,
    track_store,
)

GENES = ["G0", "G1", "G2", "G3"]
SAMPLES = ["S0", "S1", "S2", "S3", "S4"]
ORDER = gene_table.order_digest(GENES)
ABOUT = {"model": "m", "revision": "r", "weights_sha256": "0", "licence": "MIT", "stand_in": True}
TRACKS = [{"name": "a", "assay": "netseq", "strand": "+"}, {"name": "a", "assay": "netseq", "strand": "-"}]


def genes(ids: list[str] = GENES) -> pd.DataFrame:
    """A gene table of 10-bp genes, 20 bp apart."""
    start = 20 * np.arange(len(ids))
    place = {"chrom": "1", "start": start, "end": start + 10, "strand": "+", "tss": start}
    made = {f"{kind}_id": [f"{kind[0].upper()}{name}" for name in ids] for kind in ("transcript", "protein")}
    return pd.DataFrame({"gene_id": ids, "symbol": ids, **place, **made, "protein_length": 3, "exon_length": 9.0})


def samples(ids: list[str] = SAMPLES) -> pd.DataFrame:
    """The obs of an ExpressionStore."""
    made = {"corpus": "c", "group": [f"P{number // 2}" for number in range(len(ids))], "label": ""}
    return pd.DataFrame({**made, "total_counts": 10.0, "nonzero_genes": 3}, index=pd.Index(ids, name="sample_id"))


def values(rows: int, columns: int) -> np.ndarray:
    return np.random.default_rng(0).random((rows, columns), np.float32)


def split_table() -> pd.DataFrame:
    made = {"corpus": "c", "split": ["train", "train", "validation", "test", "test"], "group": list("aabcd")}
    return pd.DataFrame({"sample_id": SAMPLES, **made, "label": ["x", "", "x", "y", "y"]})


def standardizer_table() -> pd.DataFrame:
    return pd.DataFrame({"gene_id": GENES, "mean": [0.5, 1, 2, np.nan], "sd": [1, 0, 2, np.nan], "n": [3, 3, 3, 0]})


def metrics_table() -> pd.DataFrame:
    made = {"model": ["a", "b"], "dataset": "all", "split": "test", "task": "t", "level": "pooled", "metric": "f1"}
    return pd.DataFrame({**made, "value": [0.5, np.nan], "ci_low": [0.4, np.nan], "ci_high": [0.6, np.nan], "n": 5})


def predictions_table() -> pd.DataFrame:
    made = {"model": "a", "dataset": "all", "sample_id": SAMPLES, "split": "test", "group": "g"}
    return pd.DataFrame({**made, "label": list("xxyyy"), "predicted": list("xyyyx")})


def polymerase_table() -> pd.DataFrame:
    names = ("pause_count", "body_count", "pause_density", "body_density", "pausing_index", "ci_low", "ci_high")
    made = {"gene_id": GENES, "track": "netseq", **dict.fromkeys(names, [1.0, 2.0, 3.0, np.nan])}
    return pd.DataFrame(
        {**made, "antisense_count": 0.0, "pause_length": 5, "body_length": 9, "measured": [True, True, True, False]}
    )


def window_table() -> pd.DataFrame:
    made = {"window": [0, 1, 2], "chrom": "1", "start": [0, 64, 128], "end": [64, 128, 192], "fold": [0, 1, 2]}
    return pd.DataFrame({**made, "split": ["train", "validation", "test"]})


def embedding_obs(missing: list[bool]) -> pd.DataFrame:
    return pd.DataFrame({"symbols": 5, "windows": 1, "missing": missing}, index=GENES)


def embedding_values() -> np.ndarray:
    x = values(4, 6)
    x[2] = np.nan
    return x


def measured_values() -> np.ndarray:
    x = values(5, 4)
    x[:, 1] = np.nan
    return x


def write_targets(path: Path, blocks: Any = None, mask: np.ndarray | None = None) -> None:
    blocks = np.random.default_rng(0).random((3, 2, 8), np.float32) if blocks is None else blocks
    mask = np.arange(24).reshape(3, 8) % 5 > 0 if mask is None else mask
    track_store.write_targets(blocks, mask, TRACKS, path, bin=8, set="netseq", genome="toy")


def write_bundle(path: Path) -> None:
    import torch

    state = {"weight": torch.arange(6.0).reshape(2, 3), "bias": torch.ones(2)}
    model_bundle.write(state, {"dim": 2}, path, gene_order=ORDER, seed=1)


def table(frame: pd.DataFrame) -> list[Any]:
    return [frame.to_dict("list")]


def annotated(data: Any) -> list[Any]:
    return [data.X, table(data.obs.reset_index()), table(data.var.reset_index()), dict(data.uns)]


class Example(NamedTuple):
    """A good file of one contract."""

    name: str  # of the file
    write: Callable[[Path], None]
    read: Callable[..., Any]
    content: Callable[[Any], Any] = table  # of what `read` returns, as arrays, lists and dictionaries
    ordered: bool = False  # `read` takes the gene order that is expected


EXAMPLES = {
    "gene_table": Example(
        "genes.parquet", lambda path: gene_table.write(genes(), path, "toy"), lambda path: gene_table.read(path)[0]
    ),
    "splits": Example("splits.parquet", lambda path: splits.write(split_table(), path), splits.read),
    "standardizer": Example(
        "standardizer.parquet",
        lambda path: standardizer.write(standardizer_table(), path),
        standardizer.read,
        ordered=True,
    ),
    "metrics": Example("metrics.parquet", lambda path: metrics.write(metrics_table(), path), metrics.read),
    "predictions": Example(
        "predictions.parquet", lambda path: predictions.write(predictions_table(), path), predictions.read
    ),
    "polymerase": Example(
        "polymerase.parquet",
        lambda path: polymerase.write(polymerase_table(), path, ORDER),
        polymerase.read,
        ordered=True,
    ),
    "windows": Example(
        "windows.parquet",
        lambda path: track_store.write_windows(window_table(), path),
        track_store.read_windows,
    ),
    "targets": Example("targets.h5", write_targets, track_store.read_targets, list),
    "expression": Example(
        "0000.h5ad",
        lambda path: expression.write(measured_values(), samples(), GENES, np.array([True, False, True, True]), path),
        expression.read,
        annotated,
        ordered=True,
    ),
    "gene_embedding": Example(
        "model.h5ad",
        lambda path: gene_embedding.write(
            embedding_values(), embedding_obs([False, False, True, False]), path, **ABOUT
        ),
        gene_embedding.read,
        annotated,
        ordered=True,
    ),
    "sample_embedding": Example(
        "embeddings.h5ad",
        lambda path: sample_embedding.write(
            values(5, 6), samples().assign(split="test"), path, run="r", gene_order=ORDER
        ),
        sample_embedding.read,
        annotated,
        ordered=True,
    ),
    "model_bundle": Example("model", write_bundle, model_bundle.read, list, ordered=True),
    "provenance": Example(
        "file.provenance.json",
        lambda path: provenance.write(dict.fromkeys(provenance.KEYS, "x"), path),
        provenance.read,
        lambda record: record,
    ),
}
