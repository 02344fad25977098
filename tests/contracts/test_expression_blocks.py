"""Samples of many shards are read by blocks, in a stated order, and a damaged chunk is an error."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.support.examples import GENES, ORDER, overwrite, samples
from workflow_scripts.contracts import expression
from workflow_scripts.io.errors import BadInput


@pytest.fixture
def shards(tmp_path: Path) -> list[Path]:
    """Two shards of 3 and 100 samples; X is 10 x number of the sample + number of the gene."""
    paths = [tmp_path / "0000.h5ad", tmp_path / "0001.h5ad"]
    for path, numbers in zip(paths, (range(3), range(3, 103)), strict=True):
        x = 10.0 * np.array(numbers)[:, None] + np.arange(len(GENES))
        obs = samples([f"S{number}" for number in numbers])
        expression.write(x, obs, GENES, np.ones(len(GENES), bool), path)
    return paths


def names(*numbers: int) -> pd.Index:
    return pd.Index([f"S{number}" for number in numbers])


def test_blocks_hold_the_asked_samples_in_stored_order(shards: list[Path]) -> None:
    found = list(expression.blocks(shards, names(90, 4, 1, 70, 3), ORDER, size=2))
    assert [obs.index.tolist() for obs, _ in found] == [["S1"], ["S3", "S4"], ["S70", "S90"]]
    assert [x[:, 0].tolist() for _, x in found] == [[10], [30, 40], [700, 900]]
    assert all(x.dtype == np.float32 for _, x in found)


def test_scattered_blocks_hold_the_asked_samples_of_all_shards_once(shards: list[Path]) -> None:
    """Blocks of what is stored together: rows 0 to 63, and the others."""
    wanted = names(90, 4, 1, 70, 3)
    orders = set()
    for seed in range(20):
        found = list(expression.scattered(shards, wanted, ORDER, np.random.default_rng(seed)))
        assert sorted(tuple(obs.index) for obs, _ in found) == [("S1",), ("S3", "S4"), ("S70", "S90")]
        for obs, x in found:
            assert [f"S{value / 10:.0f}" for value in x[:, 0]] == obs.index.tolist() and x.dtype == np.float32
        orders.add(tuple(obs.index[0] for obs, _ in found))
    assert len(orders) == 6


def test_loading_follows_the_order_of_the_asked_samples(shards: list[Path]) -> None:
    index, x = expression.load(shards, names(90, 1, 4), ORDER)
    assert index.tolist() == ["S90", "S1", "S4"]
    np.testing.assert_array_equal(x, [[900, 901, 902, 903], [10, 11, 12, 13], [40, 41, 42, 43]])


def test_a_sample_in_no_shard_is_refused(shards: list[Path]) -> None:
    with pytest.raises(BadInput, match="sample 'S500': is in no shard"):
        expression.load(shards, names(1, 500), ORDER)


def test_a_shard_for_other_genes_is_refused(shards: list[Path]) -> None:
    with pytest.raises(BadInput, match="made for another gene table"):
        list(expression.blocks(shards, names(1), "another"))


def test_a_damaged_chunk_is_an_error_that_names_its_shard(shards: list[Path]) -> None:
    import h5py

    with h5py.File(shards[1]) as file:
        chunk = file["X"].id.get_chunk_info(1)  # rows 64 and on
    content = bytearray(shards[1].read_bytes())
    content[chunk.byte_offset + 20] ^= 1
    overwrite(shards[1], content)
    found = expression.blocks(shards, names(1, 3))  # none of the damaged rows
    assert next(found)[0].index.tolist() == ["S1"]
    with pytest.raises(BadInput, match="0001.h5ad: is damaged"):
        next(found)


def test_a_corpus_without_kept_samples_is_an_empty_shard(tmp_path: Path) -> None:
    expression.write(np.empty((0, 4)), samples([]), GENES, np.ones(4, bool), tmp_path / "0000.h5ad")
    assert expression.read(tmp_path / "0000.h5ad", ORDER).shape == (0, 4)
    assert list(expression.blocks([tmp_path / "0000.h5ad"], names(1), ORDER)) == []
