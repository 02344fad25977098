"""Twins of samples: who they are, and how soon they are found."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workflow_scripts.evaluation.retrieval import ranks, score_retrieval, specimens

SPEC = {"seed": 1, "bootstrap_samples": 30}


def sheet(rows: list[tuple[str, str, str]], split: str = "test") -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["corpus", "group", "label"], index=[f"S{row:02d}" for row in range(len(rows))])
    return table.assign(split=split)


def test_twins_are_told_by_patient_label_and_corpus() -> None:
    samples = sheet(
        [
            ("archs4", "P1", "liver"),  # a twin of the next
            ("tcga", "P1", "liver"),
            ("tcga", "P1", "colon"),  # of the same patient, but not of the same tissue
            ("archs4", "P2", "liver"),  # of another patient
            ("archs4", "P3", "liver"),  # two of one corpus: which is the twin of the third?
            ("archs4", "P3", "liver"),
            ("tcga", "P3", "liver"),
            ("archs4", "P4", ""),  # nothing says that they are of one tissue
            ("tcga", "P4", ""),
            ("tcga", "P5", "liver"),  # of one corpus
            ("tcga", "P5", "liver"),
        ]
    )
    names = specimens(samples)
    assert names[0] == names[1] != "" and (names[2:] == "").all()


def test_the_rank_of_a_twin_counts_all_that_are_nearer_by_angle() -> None:
    """Against a count by hand over all pairs; lengths, which differ, say nothing."""
    rng = np.random.default_rng(0)
    x = (rng.normal(size=(40, 5)) * rng.uniform(0.1, 10, (40, 1))).astype(np.float32)
    names = np.array([f"T{row % 15}" if row < 30 else "" for row in range(40)])
    found = ranks(x, names, np.arange(30))
    for query in range(30):
        cosine = [np.dot(x[query], other) / np.linalg.norm(x[query]) / np.linalg.norm(other) for other in x]
        twin = (query + 15) % 30
        nearer = sum(cosine[row] > cosine[twin] for row in range(40) if row not in (query, twin))
        assert found[query] == nearer + 1
    assert found.max() > 10


def test_the_nearest_of_several_twins_counts_and_no_other_of_them_stands_before_it() -> None:
    angle = np.radians([0, 20, 10, 5])  # the twins of the first are the next two; the last is none
    x = np.column_stack([np.cos(angle), np.sin(angle)])
    assert ranks(x, np.array(["a", "a", "a", ""]), np.array([0]))[0] == 2


def test_vectors_that_are_all_the_same_find_nothing() -> None:
    names = np.array(["a", "a", *[""] * 8])
    assert ranks(np.ones((10, 3), np.float32), names, np.array([0, 1])).tolist() == [9, 9]
    assert ranks(np.zeros((10, 3), np.float32), names, np.array([0])).tolist() == [9]


def twins(splits: list[str], noise: float) -> tuple[np.ndarray, pd.DataFrame]:
    """One specimen of each split given, in two corpora."""
    rng = np.random.default_rng(2)
    base = rng.normal(size=(len(splits), 6))
    x = np.concatenate([base, base + noise * rng.normal(size=base.shape)]).astype(np.float32)
    rows = [(corpus, f"P{row:02d}", "liver") for corpus in ("archs4", "tcga") for row in range(len(splits))]
    return x, sheet(rows).assign(split=splits * 2)


def test_the_scores_are_shares_of_ranks() -> None:
    x, samples = twins(["test"] * 20 + ["validation"] * 10 + ["train"] * 5, 0.9)
    rows = score_retrieval("one", x, samples, SPEC)
    assert {(row["task"], row["dataset"], row["level"]) for row in rows} == {("retrieval", "held_out", "pooled")}
    for split in ("validation", "test"):
        of = {row["metric"]: row for row in rows if row["split"] == split}
        held_out = np.flatnonzero(samples["split"] != "train")  # train samples are not among the others
        unit = x[held_out] / np.linalg.norm(x[held_out], axis=1, keepdims=True)
        near = unit @ unit.T
        np.fill_diagonal(near, -2)
        order = (-near).argsort(1)
        group = samples["group"].to_numpy()[held_out]
        rank = np.array([1 + np.flatnonzero(group[others] == group[row])[0] for row, others in enumerate(order)])
        rank = rank[samples["split"].to_numpy()[held_out] == split]
        assert rank.max() > 1 and (rank > 5).any()
        for first in (1, 5, 10):
            assert of[f"recall_{first}"]["value"] == pytest.approx(np.mean(rank <= first))
        assert of["mean_reciprocal_rank"]["value"] == pytest.approx(np.mean(1 / rank))
        assert of["recall_1"]["n"] == len(rank) and len(of["recall_1"]["replicates"]) == 30
        assert of["recall_5"]["ci_low"] <= of["recall_5"]["value"] <= of["recall_5"]["ci_high"]


def test_without_twins_there_are_no_rows() -> None:
    x, samples = twins(["test", "train", "train"], 0.1)
    assert {row["split"] for row in score_retrieval("one", x, samples, SPEC)} == {"test"}
    assert score_retrieval("one", x, samples.assign(corpus="tcga"), SPEC) == []
