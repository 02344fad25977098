"""Whole groups in one split, classes in their parts, the same for the same seed."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workflow_scripts.contracts import samples as sample_table
from workflow_scripts.contracts import splits as split_table
from workflow_scripts.io.errors import BadInput
from workflow_scripts.prebulk import duplicates as duplicate_table
from workflow_scripts.prebulk import stratification
from workflow_scripts.prebulk.grouping import connected_groups
from workflow_scripts.prebulk.quality import KEPT, SETTING
from workflow_scripts.prebulk.split_samples import split_samples
from workflow_scripts.prebulk.stratification import assign_splits

FRACTIONS = {"train": 0.7, "validation": 0.15, "test": 0.15}
SPEC = {"by": "group", "seed": 1} | FRACTIONS


def shard(folder: Path, corpus: str, groups: list[str], labels: list[str], dropped: tuple[int, ...] = ()) -> Path:
    """The samples table of one shard; the samples at the rows `dropped` did not pass a filter."""
    rows = range(len(groups))
    table = pd.DataFrame(
        {
            "sample_id": [f"{corpus}-{row}" for row in rows],
            "corpus": corpus,
            "shard": "0000",
            "file": "a.h5",
            "fate": ["low_quality" if row in dropped else "kept" for row in rows],
            "group": groups,
            "label": labels,
            **dict.fromkeys(["singlecellprobability", "alignedreads", "total_counts", "nonzero_genes"], np.nan),
        }
    )
    table = table.astype(dict.fromkeys(["sample_id", "fate", "group", "label"], object))  # also where it is empty
    path = folder / f"samples/{corpus}/0000.parquet"
    sample_table.write_shard(table, path)
    return path


def run(folder: Path, shards: list[Path], twice: dict[str, str] | None = None, spec: dict = SPEC) -> pd.DataFrame:
    """Run the door with the duplicates `twice` (sample: the one kept instead); return the Splits by sample."""
    rows = [(name, "c", kept, 1.0) for name, kept in (twice or {}).items()]
    frame = pd.DataFrame(rows, columns=["sample_id", "corpus", "duplicate_of", "correlation"])
    frame = frame.astype({"sample_id": object, "corpus": object, "duplicate_of": object, "correlation": float})
    duplicate_table.write(frame, folder / "duplicates.parquet")
    out = folder / "splits.parquet"
    split_samples(samples=shards, duplicates=folder / "duplicates.parquet", splits=out, spec=spec)
    return split_table.read(out).set_index("sample_id")


def test_groups_of_one_measurement_are_one():
    groups = ["GSE2,GSE3", "GSE4", "TCGA-AA-0001", "GSE5"]
    assert connected_groups(groups, [("GSE4", "GSE9,GSE3"), ("GSE5", "GSE5")]) == [
        "GSE2",
        "GSE2",
        "TCGA-AA-0001",
        "GSE5",
    ]


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


def two_labels(one: int, other: int, both: int) -> tuple[list[str], list[str]]:
    """Patients with a sample of one label, of the other, and of both: their groups and labels, by sample."""
    sizes = {"tumour": one, "normal": other, "tumour normal": both}
    samples = [(f"{kind} {n}", label) for kind, size in sizes.items() for n in range(size) for label in kind.split()]
    return [group for group, _ in samples], [label for _, label in samples]


def off(groups: list[str], labels: list[str], chosen: dict[str, str], label: str) -> float:
    """How many samples of a label its worst split has above or below what is wanted."""
    there = Counter(chosen[group] for group, name in zip(groups, labels, strict=True) if name == label)
    return max(abs(there[name] - fraction * there.total()) for name, fraction in FRACTIONS.items())


def largest(groups: list[str], labels: list[str], label: str) -> int:
    return max(Counter(group for group, name in zip(groups, labels, strict=True) if name == label).values())


# Tumours and normals of TCGA (GDC): each normal is of a patient whose tumour is there, too, but for some of BRCA.
COHORTS = {"BRCA": (1099, 113, 112), "KIRC": (541, 72, 72), "LIHC": (371, 50, 50)}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("project", COHORTS)
def test_normals_are_stratified_as_well_as_the_tumours_of_their_patients(project, seed):
    tumours, normals, paired = COHORTS[project]
    groups, labels = two_labels(tumours - paired, normals - paired, paired)
    chosen = assign_splits(groups, labels, FRACTIONS, seed)
    assert off(groups, labels, chosen, "normal") < 1
    assert off(groups, labels, chosen, "tumour") < 1


def test_the_normals_of_kirc_are_50_11_11():
    groups, labels = two_labels(541 - 72, 0, 72)
    chosen = assign_splits(groups, labels, FRACTIONS, 1)
    normals = Counter(chosen[group] for group, label in zip(groups, labels, strict=True) if label == "normal")
    assert normals == {"train": 50, "validation": 11, "test": 11}


def test_in_a_rare_label_beside_a_common_one_neither_is_drowned():
    """Of 2,000 tumours twenty have a metastasis, too, and each patient has two unlabelled samples."""
    groups, labels = two_labels(1980, 0, 20)
    both, unlabelled = [name for name in groups if "normal" in name], sorted({*groups} - {"tumour 0"}) * 2
    chosen = assign_splits(groups + unlabelled, labels + [""] * len(unlabelled), FRACTIONS, 0)
    assert Counter(chosen[name] for name in {*both}) == {"train": 14, "validation": 3, "test": 3}
    assert off(groups, labels, chosen, "tumour") < 1
    assert off(unlabelled, [""] * len(unlabelled), chosen, "") < 2


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 60), st.integers(0, 60), st.integers(1, 60), st.integers(0, 5))
def test_pairs_beside_single_samples_are_less_than_one_sample_off(one, other, both, seed):
    groups, labels = two_labels(one, other, both)
    chosen = assign_splits(groups, labels, FRACTIONS, seed)
    for label in {*labels}:
        samples = labels.count(label)
        if 0.3 * samples > 1:  # else train gives more for the label to be in all three
            assert off(groups, labels, chosen, label) < 1
        splits = {chosen[group] for group, name in zip(groups, labels, strict=True) if name == label}
        assert splits >= {*["train", "test", "validation"][:samples]}


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(st.integers(1, 30), min_size=3, max_size=30), min_size=1, max_size=4), st.integers(0, 5))
def test_labels_of_groups_of_their_own_are_off_by_less_than_their_largest_group(sizes, seed):
    samples = [(f"{label}-{n}", str(label)) for label, of in enumerate(sizes) for n, size in enumerate(of)
               for _ in range(size)]  # fmt: skip
    groups, labels = [group for group, _ in samples], [label for _, label in samples]
    chosen = assign_splits(groups, labels, FRACTIONS, seed)
    for label, of in enumerate(sizes):
        if 0.3 * sum(of) > max(of):
            assert off(groups, labels, chosen, str(label)) < max(of)
        assert {chosen[f"{label}-{n}"] for n in range(len(of))} == {*FRACTIONS}


@pytest.mark.parametrize("seed", range(20))
def test_series_of_several_labels_keep_every_label_within_its_largest_series(seed):
    rng = np.random.default_rng(seed)
    series = [rng.choice(33, rng.integers(1, 4), replace=False) for _ in range(400)]
    samples = [(f"GSE{n}", str(label)) for n, held in enumerate(series) for label in held
               for _ in range(rng.integers(1, 20))]  # fmt: skip
    groups, labels = [group for group, _ in samples], [label for _, label in samples]
    chosen = assign_splits(groups, labels, FRACTIONS, seed)
    for label in {*labels}:
        assert off(groups, labels, chosen, label) < largest(groups, labels, label)


def series_of_three(labels: int, seed: int) -> tuple[list[str], list[str]]:
    """Sixty series with a sample of each of three of so many labels."""
    rng = np.random.default_rng(seed)
    held = [rng.choice(labels, 3, replace=False) for _ in range(60)]
    return [f"GSE{n}" for n in range(60) for _ in range(3)], [str(label) for three in held for label in three]


# The last ones need exchanges of two series that hold the only samples of one label in their splits.
MENDED = [*((15, seed) for seed in range(10)), (20, 11), (20, 41), (20, 53)]


@pytest.mark.parametrize(("kinds", "seed"), MENDED)
def test_where_every_series_holds_three_labels_moves_and_exchanges_mend_what_dealing_leaves(kinds, seed):
    groups, labels = series_of_three(kinds, seed)
    chosen = assign_splits(groups, labels, FRACTIONS, seed)
    for label in {*labels}:
        assert off(groups, labels, chosen, label) < 1


# In the last ones a label that deals leave out of a split is off by less than a group.
FEW = [*((30, seed) for seed in range(10)), (36, 27), (36, 37), (40, 0), (40, 10), (40, 34)]


@pytest.mark.parametrize(("kinds", "seed"), FEW)
def test_a_label_of_a_few_series_of_three_labels_is_in_train_then_in_test_then_in_validation(kinds, seed):
    groups, labels = series_of_three(kinds, seed)
    chosen = assign_splits(groups, labels, FRACTIONS, seed)
    for label in {*labels}:
        splits = {chosen[group] for group, name in zip(groups, labels, strict=True) if name == label}
        assert splits >= {*["train", "test", "validation"][: labels.count(label)]}


@pytest.mark.parametrize("seed", range(5))
def test_unlabelled_samples_and_the_sum_of_all_follow_where_most_samples_have_no_label(seed):
    rng = np.random.default_rng(seed)
    groups = [f"GSE{n}" for n in range(300) for _ in range(rng.integers(1, 100))]
    labels = rng.choice(["", "a", "b"], len(groups), p=[0.8, 0.15, 0.05]).tolist()
    chosen = assign_splits(groups, labels, FRACTIONS, seed)
    for label in ("", "a", "b"):
        assert off(groups, labels, chosen, label) < largest(groups, labels, label) / 4
    assert off(groups, ["all"] * len(groups), chosen, "all") < 25


@pytest.mark.parametrize("seed", range(5))
def test_of_labels_that_cannot_all_be_as_wanted_fewer_are_off_the_more_often_groups_are_dealt(seed, monkeypatch):
    groups, labels = series_of_three(30, seed)
    left = []
    for deals in (1, 2, 4, 8):
        monkeypatch.setattr(stratification, "DEALS", deals)
        chosen = assign_splits(groups, labels, FRACTIONS, seed)
        left.append(sum(labels.count(label) > 3 and off(groups, labels, chosen, label) >= 1 for label in {*labels}))
    assert left == sorted(left, reverse=True) and left[-1] < left[0]


def test_a_patient_in_two_corpora_is_in_one_split(tmp_path):
    patients = [f"TCGA-AA-{number:04d}" for number in range(40)]
    shards = [shard(tmp_path, corpus, patients, [corpus] * 40) for corpus in ("one", "two")]
    found = run(tmp_path, shards)
    assert (found.loc[[f"one-{n}" for n in range(40)], "split"].to_numpy()
            == found.loc[[f"two-{n}" for n in range(40)], "split"].to_numpy()).all()  # fmt: skip


def test_a_dropped_duplicate_is_in_no_split(tmp_path):
    path = shard(tmp_path, "one", [f"p{number}" for number in range(9)], [""] * 9)
    found = run(tmp_path, [path], twice={"one-3": "one-0", "one-5": "one-0"})
    assert sorted(found.index) == [f"one-{number}" for number in (0, 1, 2, 4, 6, 7, 8)]


@pytest.mark.parametrize("seed", range(5))
def test_a_dropped_sample_of_two_series_still_joins_them(tmp_path, seed):
    groups = [f"GSE{number}" for number in range(30)]
    linked = [f"GSE{number},GSE{number + 1}" for number in range(0, 30, 2)]
    path = shard(tmp_path, "one", groups + linked, [""] * 45, dropped=tuple(range(30, 45)))
    found = run(tmp_path, [path], spec=SPEC | {"seed": seed})
    assert len(found) == 30
    pairs = found["split"].to_numpy()[[int(name.split("-")[1]) for name in found.index]].reshape(15, 2)
    assert (pairs[:, 0] == pairs[:, 1]).all()
    assert found["group"].nunique() == 15


@pytest.mark.parametrize("seed", range(5))
def test_the_two_series_of_a_duplicate_are_in_one_split(tmp_path, seed):
    """GSE(100 + n) has a sample and GSE(200 + n) the same one again, beside one of its own."""
    first = shard(tmp_path, "one", [f"GSE{100 + number}" for number in range(15)], ["a"] * 15)
    second = shard(tmp_path, "two", [f"GSE{200 + number}" for number in range(15) for _ in "ab"], ["a"] * 30)
    twice = {f"two-{2 * number}": f"one-{number}" for number in range(15)}
    found = run(tmp_path, [first, second], twice, spec=SPEC | {"seed": seed})
    assert len(found) == 30
    for number in range(15):
        one, two = found.loc[f"one-{number}"], found.loc[f"two-{2 * number + 1}"]
        assert one["split"] == two["split"]
        assert one["group"] == two["group"] == f"GSE{100 + number}"
    assert found["group"].nunique() == 15


def test_samples_without_a_group_join_nothing(tmp_path):
    groups = [f"p{number}" for number in range(9)]
    path = shard(tmp_path, "one", [*groups, "", ""], [""] * 11, dropped=(9, 10))
    assert run(tmp_path, [path])["group"].tolist() == groups


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


def test_a_corpus_of_which_no_sample_is_kept_is_one_clear_line(tmp_path):
    whole = shard(tmp_path, "one", [f"p{number}" for number in range(9)], [""] * 9)
    assert len(run(tmp_path, [whole, shard(tmp_path, "two", ["q", "r"], [""] * 2, dropped=(0,))])) == 10
    with pytest.raises(BadInput) as error:
        run(tmp_path, [whole, shard(tmp_path, "two", ["q", "r"], [""] * 2, dropped=(0, 1))])
    assert str(error.value) == (
        "configuration: prebulk/corpora/two: 2 of 2 samples dropped: 2 low_quality. "
        "Change prebulk/corpora/two/filters/min_nonzero_genes, or leave the corpus out."
    )
    with pytest.raises(BadInput, match="prebulk/corpora/two: its files hold no sample"):
        run(tmp_path, [whole, shard(tmp_path, "two", [], [])])


def test_every_fate_that_drops_a_sample_names_its_setting():
    assert {*SETTING, KEPT, "duplicate", "not_split"} == set(sample_table.FATES)


def test_too_few_groups_are_refused(tmp_path):
    path = shard(tmp_path, "one", ["p", "p", "q"], [""] * 3)
    with pytest.raises(BadInput, match="3 samples in 2 groups are too few"):
        run(tmp_path, [path])


BY_CORPUS = {"by": "corpus", "seed": 1, "train": ["one", "two"], "validation": 0.2, "test": ["three"]}


def test_by_corpus_test_is_the_corpora_that_it_lists_and_shares_no_group_with_train(tmp_path):
    labels = ["a", "b"] * 10
    shards = [
        shard(tmp_path, "one", [f"1-{row}" for row in range(19)] + ["GSE300"], labels),
        shard(tmp_path, "two", [f"2-{row}" for row in range(19)] + ["GSE200,GSE301"], labels),
        shard(tmp_path, "three", [f"GSE{row}" for row in range(300, 320)], labels),
        shard(tmp_path, "four", [f"4-{row}" for row in range(20)], ["c"] * 20),
    ]
    found = run(tmp_path, shards, {"one-3": "three-5"}, BY_CORPUS)
    split = found["split"]
    assert (split[found["corpus"] == "three"] == "test").all() and (found["corpus"] == "three").sum() == 20
    assert set(found["corpus"]) == {"one", "two", "three"}, "what is in neither list is in no split"
    left_out = {"one-3", "one-19"}  # a duplicate of a tested sample, and a sample of a tested group
    left_out |= {"two-19"}  # of a series that overlaps with a tested one
    assert {f"{corpus}-{row}" for corpus in ("one", "two") for row in range(20)} - set(found.index) == left_out
    held_out = found[split == "validation"]
    assert len(held_out) == pytest.approx(0.2 * 37, abs=1.5) and set(held_out["label"]) == {"a", "b"}
    assert not set(found["group"][split == "test"]) & set(found["group"][split != "test"])


def test_by_corpus_what_is_tested_has_to_be_learned(tmp_path):
    one = shard(tmp_path, "one", [f"1-{row}" for row in range(20)], ["a", "b"] * 10)
    two = shard(tmp_path, "three", [f"3-{row}" for row in range(4)], ["a", "a", "c", "c"])
    with pytest.raises(BadInput, match="label 'c': no sample in train and validation: .*label/classes"):
        run(tmp_path, [one, two], spec=BY_CORPUS | {"train": ["one"]})
    three = shard(tmp_path, "three", [f"3-{row}" for row in range(4)], ["a", "a", "", ""])
    found = run(tmp_path, [one, three], spec=BY_CORPUS | {"train": ["one"]})
    assert (found["split"] == "test").sum() == 4, "b is learned and not tested, which is no fault"
