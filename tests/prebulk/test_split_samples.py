"""Whole groups in one split, classes in their parts, the same for the same seed."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.prebulk.sources import gene_id, write_shard
from workflow_scripts.contracts import splits as split_table
from workflow_scripts.contracts.errors import BadInput
from workflow_scripts.prebulk import duplicates as duplicate_table
from workflow_scripts.prebulk.grouping import assign_splits, connected_groups
from workflow_scripts.prebulk.split_samples import split_samples

FRACTIONS = {"train": 0.7, "validation": 0.15, "test": 0.15}
SPEC = {"seed": 1} | FRACTIONS


def shard(folder: Path, corpus: str, groups: list[str], labels: list[str]) -> Path:
    names = [f"{corpus}-{row}" for row in range(len(groups))]
    obs = pd.DataFrame({"group": groups, "label": labels}, index=names)
    return write_shard(folder, corpus, 0, np.ones((len(groups), 2), np.float32), obs, [gene_id(0), gene_id(1)])


def run(folder: Path, shards: list[Path], dropped: tuple[str, ...] = (), spec: dict = SPEC) -> pd.DataFrame:
    rows = [(name, "c", "other", 1.0) for name in dropped]
    frame = pd.DataFrame(rows, columns=["sample_id", "corpus", "duplicate_of", "correlation"])
    frame = frame.astype({"sample_id": object, "corpus": object, "duplicate_of": object, "correlation": float})
    duplicate_table.write(frame, folder / "duplicates.parquet")
    out = folder / "splits.parquet"
    split_samples(expression=shards, duplicates=folder / "duplicates.parquet", splits=out, spec=spec)
    return split_table.read(out).set_index("sample_id")


def test_series_that_share_samples_are_one_group():
    groups = ["GSE1,GSE2", "GSE2", "GSE3; GSE2", "GSE4", "GSE10\tGSE4", "one, two", "two", "TCGA-AA-0001"]
    assert connected_groups(groups) == ["GSE1"] * 3 + ["GSE10"] * 2 + ["one, two", "two", "TCGA-AA-0001"]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.lists(st.integers(1, 12), min_size=1, max_size=3),
            st.sampled_from(["", "liver", "lung"]),
        ),
        min_size=1,
        max_size=60,
    ),
    st.integers(0, 5),
)
def test_no_group_straddles_whatever_the_series_lists(samples, seed):
    listed = [",".join(f"GSE{number}" for number in numbers) for numbers, _ in samples]
    groups = connected_groups(listed)
    chosen = assign_splits(groups, [label for _, label in samples], FRACTIONS, seed)
    splits = defaultdict(set)
    for names, group in zip(listed, groups, strict=True):
        for name in names.split(","):
            splits[name].add(chosen[group])
    assert all(len(found) == 1 for found in splits.values())


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 6), min_size=3, max_size=40), st.lists(st.integers(1, 4), min_size=3, max_size=10))
def test_a_class_of_three_groups_is_in_every_split(many, few):
    groups = [f"a{n}" for n, size in enumerate(many) for _ in range(size)]
    groups += [f"b{n}" for n, size in enumerate(few) for _ in range(size)]
    labels = ["a"] * sum(many) + ["b"] * sum(few)
    chosen = assign_splits(groups, labels, FRACTIONS, 0)
    for label in "ab":
        assert {chosen[g] for g, name in zip(groups, labels, strict=True) if name == label} == set(FRACTIONS)


def test_parts_and_classes_are_as_asked_where_groups_are_small(tmp_path):
    rng = np.random.default_rng(0)
    labels = ["common"] * 600 + ["rare"] * 60 + [""] * 340
    groups = [f"p{label}{rng.integers(len(labels) // 3)}" for label in labels]
    found = run(tmp_path, [shard(tmp_path, "one", groups, labels)])
    for label in ("common", "rare", ""):
        part = found[found["label"] == label]
        for name, fraction in FRACTIONS.items():
            assert abs((part["split"] == name).mean() - fraction) < 1.5 / len(part) + 0.002, (label, name)


def test_a_patient_in_two_corpora_is_in_one_split(tmp_path):
    patients = [f"TCGA-AA-{number:04d}" for number in range(40)]
    shards = [shard(tmp_path, corpus, patients, [corpus] * 40) for corpus in ("one", "two")]
    found = run(tmp_path, shards)
    assert (found.loc[[f"one-{n}" for n in range(40)], "split"].to_numpy()
            == found.loc[[f"two-{n}" for n in range(40)], "split"].to_numpy()).all()  # fmt: skip


def test_a_dropped_duplicate_is_in_no_split(tmp_path):
    path = shard(tmp_path, "one", [f"p{number}" for number in range(9)], [""] * 9)
    found = run(tmp_path, [path], dropped=("one-3", "one-5"))
    assert sorted(found.index) == [f"one-{number}" for number in (0, 1, 2, 4, 6, 7, 8)]


def test_the_seed_decides_and_the_order_of_samples_does_not(tmp_path):
    groups, labels = [f"p{number}" for number in range(60)], ["a", "b"] * 30
    order = np.random.default_rng(0).permutation(60)
    first = assign_splits(groups, labels, FRACTIONS, 1)
    again = assign_splits([groups[n] for n in order], [labels[n] for n in order], FRACTIONS, 1)
    assert first == again
    assert first != assign_splits(groups, labels, FRACTIONS, 2)
    assert Counter(first.values()) == Counter(assign_splits(groups, labels, FRACTIONS, 2).values())


def test_a_class_without_train_or_test_is_one_clear_line(tmp_path):
    groups = [f"p{number}" for number in range(30)] + ["q"] * 6
    path = shard(tmp_path, "one", groups, ["a"] * 30 + ["rare"] * 6)
    with pytest.raises(BadInput) as error:
        run(tmp_path, [path])
    assert "label 'rare': no sample in validation and test: its 6 samples are 1 groups" in str(error.value)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "splits.parquet").exists()


def test_a_class_of_two_groups_goes_without_validation_and_it_is_said(tmp_path, caplog):
    groups = [f"p{number}" for number in range(30)] + ["q", "r", "r"]
    found = run(tmp_path, [shard(tmp_path, "one", groups, ["a"] * 30 + ["rare"] * 3)])
    assert set(found.loc[found["label"] == "rare", "split"]) == {"train", "test"}
    assert "label 'rare' has no sample in validation" in caplog.text


def test_too_few_groups_and_wrong_parts_are_refused(tmp_path):
    path = shard(tmp_path, "one", ["p", "p", "q"], [""] * 3)
    with pytest.raises(BadInput, match="3 samples in 2 groups are too few"):
        run(tmp_path, [path])
    with pytest.raises(BadInput, match="the parts add up to 1.1"):
        run(tmp_path, [path], spec=SPEC | {"train": 0.8})


def test_expression_values_are_not_read(tmp_path, monkeypatch):
    import h5py

    path = shard(tmp_path, "one", [f"p{number}" for number in range(9)], [""] * 9)
    with h5py.File(path, "r+") as file:
        place = file["X"].id.get_chunk_info(0)
    raw = bytearray(path.read_bytes())
    raw[place.byte_offset : place.byte_offset + place.size] = b"\xff" * place.size
    path.write_bytes(raw)
    assert len(run(tmp_path, [path])) == 9
