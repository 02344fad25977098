"""Fewer train samples: exactly so many, of whole groups, each set a part of every larger one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workflow_scripts.contracts import splits as contract
from workflow_scripts.io.errors import BadInput
from workflow_scripts.prebulk.take_train_samples import in_order, take_train_samples


def whole(sizes: list[int]) -> pd.DataFrame:
    """Splits of so many samples in each group of train, one row of validation and test after each of them."""
    train = [("train", f"P{group}") for group, size in enumerate(sizes) for _ in range(size)]
    rows = [row for one in train for row in (one, ("validation", "V"), ("test", "T"))]
    table = pd.DataFrame(rows, columns=["split", "group"])
    table["sample_id"] = [f"S{row:03d}" for row in np.random.default_rng(0).permutation(len(table))]
    return table.assign(corpus="made", label="a")[list(contract.SCHEMA.columns)]


def taken(folder: Path, table: pd.DataFrame, number: int, seed: int = 1) -> pd.DataFrame:
    contract.write(table, folder / "splits.parquet")
    fewer = folder / f"splits.{number}.parquet"
    take_train_samples(splits=folder / "splits.parquet", fewer=fewer, spec={"seed": seed}, number=number)
    return contract.read(fewer)


def train_of(splits: pd.DataFrame) -> set[str]:
    return set(splits.loc[splits["split"] == "train", "sample_id"])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 5), min_size=2, max_size=12), st.integers(0, 9))
def test_a_set_is_part_of_every_larger_one_and_of_whole_groups_but_for_the_last(sizes: list[int], seed: int) -> None:
    train = whole(sizes)[lambda table: table["split"] == "train"]
    ordered = in_order(train, seed)
    assert sorted(ordered["sample_id"]) == sorted(train["sample_id"])
    groups = ordered["group"].tolist()
    assert len(set(groups)) == 1 + sum(one != other for one, other in zip(groups, groups[1:], strict=False))


def test_so_many_are_taken_and_the_rest_of_the_table_stays(tmp_path: Path) -> None:
    table = whole([3] * 20)
    held_out = table[table["split"] != "train"].reset_index(drop=True)
    found = {number: taken(tmp_path, table, number) for number in (7, 20, 59)}
    assert [len(train_of(splits)) for splits in found.values()] == [7, 20, 59]
    assert train_of(found[7]) < train_of(found[20]) < train_of(found[59]) < train_of(table)
    for splits in found.values():
        kept = splits[splits["split"] != "train"].reset_index(drop=True)
        pd.testing.assert_frame_equal(kept, held_out)
        counts = splits.loc[splits["split"] == "train", "group"].value_counts()
        assert (counts < 3).sum() <= 1


def test_the_seed_chooses_and_the_order_of_the_table_does_not(tmp_path: Path) -> None:
    table = whole([3] * 20)
    first = train_of(taken(tmp_path, table, 20))
    assert train_of(taken(tmp_path, table[::-1], 20)) == first
    assert train_of(taken(tmp_path, table, 20, seed=2)) != first


@pytest.mark.parametrize("number", [60, 61])
def test_as_many_as_there_are_or_more_are_refused_in_one_line(number: int, tmp_path: Path) -> None:
    with pytest.raises(BadInput) as error:
        taken(tmp_path, whole([3] * 20), number)
    assert str(error.value) == (
        f"configuration: bulk/learning_curve/train_samples: {number} is not less than the 60 samples of train. "
        "Leave the number out: a curve ends at all of them."
    )
    assert not (tmp_path / f"splits.{number}.parquet").exists()
