"""Baselines choose on validation and never see the test split."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workflow_scripts.evaluation.baselines import CLASSIFIERS, select
from workflow_scripts.evaluation.classification import classify

SPEC = {
    "seed": 1,
    "regularization": [0.001, 0.1],
    "pca_components": 8,
    "neighbours": [1, 5],
    "bootstrap_samples": 50,
}


@pytest.fixture(scope="module")
def problem() -> tuple[np.ndarray, pd.DataFrame]:
    """Three classes in 20 features, 120 samples in three splits."""
    generator = np.random.default_rng(0)
    labels = np.array(["a", "b", "c"] * 40)
    centres = {label: generator.normal(size=20) * 1.5 for label in "abc"}
    x = np.stack([centres[label] for label in labels]) + generator.normal(size=(120, 20))
    split = np.repeat(["train", "validation", "test"], [60, 30, 30])
    samples = pd.DataFrame(
        {"split": split, "group": [f"g{i}" for i in range(120)], "label": labels},
        index=[f"s{i}" for i in range(120)],
    )
    return x.astype(np.float32), samples


def weighted_f1(rows: list[dict], split: str) -> float:
    return next(row["value"] for row in rows if row["metric"] == "weighted_f1" and row["split"] == split)


@pytest.mark.parametrize("name", [name for name in CLASSIFIERS if name != "majority_class"])
def test_a_baseline_beats_the_majority_class(name: str, problem: tuple[np.ndarray, pd.DataFrame]) -> None:
    rows, _ = classify(name, CLASSIFIERS[name], *problem, SPEC)
    chance, _ = classify("majority_class", CLASSIFIERS["majority_class"], *problem, SPEC)
    assert weighted_f1(rows, "test") > weighted_f1(chance, "test") + 0.4


@pytest.mark.parametrize("name", list(CLASSIFIERS))
def test_labels_of_the_test_split_change_no_prediction(name: str, problem: tuple[np.ndarray, pd.DataFrame]) -> None:
    x, samples = problem
    permuted = samples.copy()
    test = permuted["split"] == "test"
    permuted.loc[test, "label"] = np.roll(permuted.loc[test, "label"].to_numpy(), 1)
    _, before = classify(name, CLASSIFIERS[name], x, samples, SPEC)
    _, after = classify(name, CLASSIFIERS[name], x, permuted, SPEC)
    assert before["predicted"].equals(after["predicted"])
    assert not before["label"].equals(after["label"])


def test_a_train_split_smaller_than_the_settings_is_served(problem: tuple[np.ndarray, pd.DataFrame]) -> None:
    x, samples = problem
    few = (x[:6], samples["label"].to_numpy()[:6])
    spec = {**SPEC, "pca_components": 500, "neighbours": [50]}
    for candidates in CLASSIFIERS.values():
        assert len(select(candidates, few, few, spec).predict(x[60:])) == 60
