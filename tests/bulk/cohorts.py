"""A made-up cohort: expression of few latent factors, in shards, with labels and groups."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.support.examples import ABOUT
from workflow_scripts.contracts import expression, gene_embedding, splits, standardizer
from workflow_scripts.settings.schema import complete, load_schema

CLASSES = ["ant", "bee", "cat"]


def write_cohort(
    folder: Path, genes: int = 60, samples: int = 120, factors: int = 3, shards: int = 3, noise: float = 0.3
) -> dict[str, Any]:
    """Write what the doors of `bulk` read; return the files by the doors' names.

    Samples stand in pairs of one group (a patient). The first gene is measured in no sample, the
    second only in the first shard, and the third has no vector.
    """
    generator = np.random.default_rng(0)
    label = np.arange(samples) // 2 % len(CLASSES)
    latent = generator.normal(size=(samples, factors)) + 1.5 * generator.normal(size=(len(CLASSES), factors))[label]
    loadings = 0.5 * generator.normal(size=(factors, genes))
    mean = generator.uniform(2, 8, genes)
    x = np.clip(mean + latent @ loadings + noise * generator.normal(size=(samples, genes)), 0, None).astype(np.float32)
    x[:, 0] = np.nan

    ids = [f"G{gene:03d}" for gene in range(genes)]
    group = np.array([f"P{sample // 2:03d}" for sample in range(samples)])
    part = np.array(["train", "train", "train", "validation", "test"])[np.arange(samples) // 2 % 5]
    table = pd.DataFrame(
        {
            "sample_id": [f"S{sample:03d}" for sample in range(samples)],
            "corpus": "made",
            "split": part,
            "group": group,
            "label": np.array(CLASSES)[label],
        }
    )
    paths = []
    for shard, rows in enumerate(np.array_split(np.arange(samples), shards)):
        measured = np.ones(genes, bool)
        measured[0], measured[1] = False, shard == 0
        values = np.where(measured, x[rows], np.float32(np.nan))
        x[rows] = values
        obs = table.iloc[rows].set_index("sample_id")[["corpus", "group", "label"]]
        obs = obs.assign(total_counts=1e6, nonzero_genes=genes)
        paths.append(folder / f"expression/made/{shard:04d}.h5ad")
        expression.write(values, obs, ids, measured, paths[-1])

    train = x[part == "train"].astype(float)
    known = np.isfinite(train).any(0)
    statistics = pd.DataFrame({"gene_id": ids, "mean": np.nan, "sd": np.nan, "n": np.isfinite(train).sum(0)})
    statistics.loc[known, "mean"] = np.nanmean(train[:, known], 0)
    statistics.loc[known, "sd"] = np.nanstd(train[:, known], 0)
    vectors = generator.normal(size=(genes, 8)).astype(np.float32)
    vectors[2] = np.nan
    about = pd.DataFrame({"symbol": "S", "length": 100, "windows": 1, "missing": np.arange(genes) == 2}, index=ids)

    files = {name: folder / name for name in ("splits.parquet", "standardizer.parquet", "genes.h5ad")}
    splits.write(table, files["splits.parquet"])
    standardizer.write(statistics, files["standardizer.parquet"])
    gene_embedding.write(vectors, about, files["genes.h5ad"], **ABOUT)
    return {
        "expression": paths,
        "splits": files["splits.parquet"],
        "standardizer": files["standardizer.parquet"],
        "embedding": files["genes.h5ad"],
    }


def specification(**run: Any) -> dict[str, Any]:
    """The section `bulk` of a configuration with one run, `small`, defaults filled in."""
    run = {"embedding": "esm2/made", **run}
    return complete({"runs": {"small": run}}, load_schema("bulk"))


def with_other_test_values(cohort: dict[str, Any], folder: Path) -> list[Path]:
    """The shards of a cohort, written to `folder` with three times the values in samples of the test split."""
    table = splits.read(cohort["splits"])
    test = table["sample_id"][table["split"] == "test"]
    moved = []
    for path in cohort["expression"]:
        data = expression.read(path)
        data.X[data.obs_names.isin(test)] *= 3
        moved.append(folder / path.name)
        expression.write(data.X, data.obs, list(data.var_names), data.var["measured"].to_numpy(), moved[-1])
    return moved
