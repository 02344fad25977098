"""How labels lie among vectors: beside scikit-learn's numbers, and with whole groups resampled."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sklearn_metrics
from sklearn.cluster import KMeans

from workflow_scripts.evaluation.clusters import (
    Clustered,
    adjusted_rand,
    lie,
    mutual_information,
    score_clusters,
    separability,
)
from workflow_scripts.evaluation.embedding import draw_samples, score_vectors

SPEC = {"seed": 3, "bootstrap_samples": 40, "max_samples": 1000}


def cohort(samples: int = 150, dims: int = 4, spread: float = 1.0, seed: int = 0) -> tuple[np.ndarray, pd.DataFrame]:
    """Vectors about the centre of their label, and what is known of the samples; pairs are of one patient."""
    rng = np.random.default_rng(seed)
    label = np.arange(samples) // 2 % 3
    x = 3 * rng.normal(size=(3, dims))[label] + spread * rng.normal(size=(samples, dims))
    samples_of = pd.DataFrame(
        {
            "corpus": "made",
            "split": np.array(["train", "validation", "test"])[np.arange(samples) // 2 % 5 // 2],
            "group": [f"P{row // 2:03d}" for row in range(samples)],
            "label": np.array(["ant", "bee", "cat"])[label],
        },
        index=[f"S{row:03d}" for row in range(samples)],
    )
    return x.astype(np.float32), samples_of


def values(rows: list[dict[str, Any]], split: str = "test") -> dict[str, float]:
    return {row["metric"]: row["value"] for row in rows if row["split"] == split}


@pytest.mark.parametrize("dims", [4, 200])  # fewer and more than samples
def test_numbers_are_those_of_scikit_learn(dims: int) -> None:
    x, samples = cohort(dims=dims, spread=2.5)
    found = values(score_vectors("one", x, samples, SPEC))
    train, test = ((samples["split"] == name).to_numpy() for name in ("train", "test"))
    x = x.astype(float) - x[train].mean(0)
    labels = samples["label"].to_numpy()
    clusters = KMeans(3, n_init=50, random_state=0).fit_predict(x[test])
    assert found["adjusted_rand"] == pytest.approx(sklearn_metrics.adjusted_rand_score(labels[test], clusters))
    shared = sklearn_metrics.normalized_mutual_info_score(labels[test], clusters)
    assert found["mutual_information"] == pytest.approx(shared)
    assert (found["mutual_information"] < 0.95 and found["neighbour_accuracy"] < 1) == (dims == 4)
    assert found["silhouette"] == pytest.approx(sklearn_metrics.silhouette_score(x[test], labels[test]), rel=1e-4)
    nearest = np.linalg.norm(x[test][:, None] - x[train], axis=2).argsort(1)[:, :5]
    told = [min(set(of), key=lambda name: (-of.count(name), name)) for of in labels[train][nearest].tolist()]
    assert found["neighbour_accuracy"] == pytest.approx(np.mean(told == labels[test]))
    norm = np.linalg.norm(np.concatenate([x[test], x[train]]), axis=1)
    area = sklearn_metrics.roc_auc_score(np.arange(len(norm)) < test.sum(), norm)
    assert found["separability"] == pytest.approx(max(area, 1 - area), abs=1e-6)


def test_a_train_split_that_lies_farther_out_is_told_apart_as_one_that_lies_nearer() -> None:
    x, samples = cohort()
    train = (samples["split"] == "train").to_numpy()
    for factor in (0.01, 100.0):
        of = np.where(train[:, None], x - x[train].mean(0), factor * (x - x[train].mean(0))).astype(np.float32)
        assert values(score_clusters("one", "all", of, samples, SPEC))["separability"] > 0.95


def test_the_same_norms_tell_nothing() -> None:
    x, samples = cohort()
    assert values(score_clusters("one", "all", np.sign(x), samples, SPEC))["separability"] == 0.5


def test_tables_of_chance_of_agreement_and_of_one_place() -> None:
    def of(table: list[list[float]]) -> tuple[float, float]:
        nothing = np.zeros(2)
        sums = Clustered(np.array(table, float), nothing, nothing, nothing)
        return float(adjusted_rand(sums)), float(mutual_information(sums))

    assert of([[0, 6], [4, 0]]) == pytest.approx((1, 1))
    assert of([[4, 4], [4, 4]]) == pytest.approx((-1 / 14, 0))  # 24 pairs, by chance 56^2 / 120
    assert np.isnan(of([[5, 0], [0, 0]])).all()


def test_a_resample_is_the_sum_over_the_groups_that_were_drawn() -> None:
    """Whole patients are drawn: counting the samples of each as often as it was drawn gives the same tables."""
    x, samples = cohort(spread=4)
    of = samples[samples["split"] == "test"]
    chosen = (samples["split"] == "test").to_numpy()
    train = (samples["split"] == "train").to_numpy()
    sums = lie(x[chosen], of, x[train], samples["label"].to_numpy(str)[train], 3)
    rows = score_clusters("one", "all", x, samples, SPEC)
    row = next(row for row in rows if row["split"] == "test" and row["metric"] == "adjusted_rand")
    patients = of["group"].nunique()
    drawn = np.random.default_rng(3).multinomial(patients, np.full(patients, 1 / patients), 40)
    clusters = KMeans(3, n_init=10, random_state=3).fit_predict(x[chosen])
    codes, labels = pd.factorize(of["group"], sort=True)[0], of["label"].to_numpy()
    expected = [
        sklearn_metrics.adjusted_rand_score(np.repeat(labels, draw[codes]), np.repeat(clusters, draw[codes]))
        for draw in drawn
    ]
    np.testing.assert_allclose(row["replicates"], expected, atol=1e-9)
    assert sums.table.shape == (patients, 3, 3) and row["ci_low"] <= row["value"] <= row["ci_high"]


def test_separability_keeps_its_side_in_every_resample() -> None:
    """Where the norm tells nothing, the interval holds 0.5: no resample is turned to its better side."""
    x, samples = cohort(samples=300)
    row = next(
        row
        for row in score_vectors("one", x, samples, SPEC)
        if row["metric"] == "separability" and row["split"] == "test"
    )
    assert (
        0.5 <= row["value"] < 0.6 and row["replicates"].min() < 0.5 and row["ci_low"] <= row["value"] <= row["ci_high"]
    )
    assert float(separability(Clustered(*[np.array([1.0, 2.0])] * 4))) == 0.5


@pytest.mark.parametrize("split", ["train", "test"])
def test_one_label_is_not_scored(split: str) -> None:
    x, samples = cohort()
    samples.loc[samples["split"] == split, "label"] = "ant"
    rows = score_clusters("one", "all", x, samples, SPEC)
    assert {row["split"] for row in rows} == (set() if split == "train" else {"validation"})


def test_a_label_of_one_sample_has_no_silhouette() -> None:
    x, samples = cohort()
    test = np.flatnonzero(samples["split"] == "test")
    samples.iloc[test[0], samples.columns.get_loc("label")] = "dog"
    found = values(score_vectors("one", x, samples, SPEC))["silhouette"]
    expected = sklearn_metrics.silhouette_score(x[test[1:]], samples["label"].iloc[test[1:]])
    assert found == pytest.approx(expected, rel=1e-4)


def test_unlabelled_samples_are_left_out() -> None:
    x, samples = cohort()
    more = pd.concat([samples, samples.assign(label="").rename(index="more {}".format)])
    far = 50 + np.random.default_rng(1).normal(size=x.shape).astype(np.float32)
    centred = np.concatenate([x, far])  # far from all others on one side
    train = (more["split"] == "train").to_numpy()
    alone = score_clusters("one", "all", x - centred[train].mean(0), samples, SPEC)
    assert values(score_vectors("one", centred, more, SPEC)) == pytest.approx(values(alone), abs=1e-5)


def test_what_is_drawn_of_a_split_depends_on_neither_order_nor_other_splits() -> None:
    _, samples = cohort()
    few = {**SPEC, "max_samples": 7}
    drawn = draw_samples(samples, few)
    assert drawn["split"].value_counts().to_dict() == dict.fromkeys(["train", "validation", "test"], 7)
    shuffled = samples.sample(frac=1, random_state=1)
    fewer = shuffled[(shuffled["split"] != "train") | (shuffled["group"] < "P005")]
    for other in (shuffled, fewer):
        again = draw_samples(other, few)
        assert again.index[again["split"] != "train"].tolist() == drawn.index[drawn["split"] != "train"].tolist()
    assert draw_samples(samples, SPEC).index.tolist() != drawn.index.tolist()
