"""Mean and sd of the train split and of nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.prebulk.sources import gene_id, write_shard
from workflow_scripts.contracts import splits as split_table
from workflow_scripts.contracts import standardizer as contract
from workflow_scripts.contracts.gene_order import order_digest
from workflow_scripts.io.errors import BadInput
from workflow_scripts.prebulk.fit_standardizer import fit_standardizer
from workflow_scripts.prebulk.moments import Moments

GENES = 6
GENE_IDS = [gene_id(gene) for gene in range(GENES)]


def run(folder: Path, x: np.ndarray, split: list[str], shards: int = 3) -> pd.DataFrame:
    """Standardizer of `x` (samples x genes) cut into shards."""
    names = [f"s{row}" for row in range(len(x))]
    obs = pd.DataFrame({"group": names, "label": ""}, index=names)
    rows = np.array_split(np.arange(len(x)), shards)
    paths = [write_shard(folder, "c", n, x[part], obs.iloc[part], GENE_IDS) for n, part in enumerate(rows)]
    table = pd.DataFrame({"sample_id": names, "corpus": "c", "split": split, "group": names, "label": ""})
    split_table.write(table, folder / "splits.parquet")
    fit_standardizer(expression=paths, splits=folder / "splits.parquet", standardizer=folder / "standardizer.parquet")
    return contract.read(folder / "standardizer.parquet", order_digest(GENE_IDS))


@pytest.fixture
def x() -> np.ndarray:
    x = np.random.default_rng(0).normal(4, 2, (40, GENES)).astype(np.float32)
    x[:14, 1] = np.nan  # not measured in the first of three shards
    x[:, 2] = np.nan  # measured by none
    x[:, 3] = 5
    return x


SPLIT = (["train"] * 5 + ["validation", "test"]) * 6
SPLIT = SPLIT[:40]


def test_mean_and_sd_are_those_of_the_train_samples(tmp_path, x):
    found = run(tmp_path, x, SPLIT)
    train = x[np.array(SPLIT) == "train"].astype(np.float64)
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(found["mean"], [np.nanmean(c) if not np.isnan(c).all() else np.nan for c in train.T])
        sd = [np.nanstd(c) if not np.isnan(c).all() else np.nan for c in train.T]
    np.testing.assert_allclose(found["sd"], sd, atol=1e-12)
    assert found["n"].tolist() == (~np.isnan(train)).sum(axis=0).tolist()
    assert np.isnan(found["mean"].iloc[2])
    assert found["sd"].iloc[3] == 0


def test_validation_and_test_samples_never_reach_the_standardizer(tmp_path, x):
    before = run(tmp_path, x, SPLIT)
    others = (np.array(SPLIT) != "train")[:, None] & ~np.isnan(x)
    changed = np.where(others, np.float32(1e4), x)
    pd.testing.assert_frame_equal(run(tmp_path, changed, SPLIT), before)
    changed[SPLIT.index("train")] += 1
    assert not run(tmp_path, changed, SPLIT).equals(before)


@settings(max_examples=40, deadline=None)
@given(arrays(np.float32, (12, 3), elements=st.floats(0, 14, width=32)), st.lists(st.integers(0, 12), max_size=4))
def test_blocks_of_any_size_give_the_same_moments(x, cuts):
    x = x + np.float32(1000)  # where a sum of squares would cancel
    moments = Moments(3)
    for part in np.split(x, sorted(cuts)):
        moments.add(part)
    np.testing.assert_allclose(moments.mean, x.astype(float).mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(moments.sd(), x.astype(float).std(axis=0), atol=1e-6)


def test_a_split_of_other_samples_is_refused(tmp_path, x):
    run(tmp_path, x, SPLIT)
    splits = split_table.read(tmp_path / "splits.parquet")
    splits.loc[0, ["sample_id", "group"]] = "another"
    split_table.write(splits, tmp_path / "splits.parquet")
    shards = sorted(tmp_path.glob("expression/c/*.h5ad"))
    with pytest.raises(BadInput, match="train samples are in the shards"):
        fit_standardizer(expression=shards, splits=tmp_path / "splits.parquet", standardizer=tmp_path / "s.parquet")
    assert not (tmp_path / "s.parquet").exists()
