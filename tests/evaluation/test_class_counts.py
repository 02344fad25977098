"""Scores equal scikit-learn's, and their intervals are honest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from workflow_scripts.evaluation import scores

SPEC = {"seed": 1, "bootstrap_samples": 200}
classes = st.sampled_from(["ant", "bee", "c d", 'e"f'])
pairs = st.lists(st.tuples(classes, classes), min_size=1, max_size=40)


@settings(max_examples=60, deadline=None)
@given(pairs)
def test_every_metric_equals_scikit_learn(drawn: list[tuple[str, str]]) -> None:
    labels, predicted = np.array(drawn).T
    rows = scores.score_classes(labels, predicted, np.arange(len(labels)).astype(str), SPEC, model="m")
    found = {row["metric"]: row["value"] for row in rows}
    expected = {
        "weighted_f1": reference.f1_score(labels, predicted, average="weighted", zero_division=0),
        "macro_f1": reference.f1_score(labels, predicted, average="macro", zero_division=0),
        "accuracy": reference.accuracy_score(labels, predicted),
        "balanced_accuracy": np.mean([np.mean(predicted[labels == one] == one) for one in np.unique(labels)]),
    }
    for name, value in expected.items():
        assert found[name] == pytest.approx(value), name
    per_class = reference.f1_score(labels, predicted, average=None, labels=np.unique(labels), zero_division=0)
    assert [found[f"f1:{one}"] for one in np.unique(labels)] == pytest.approx(list(per_class))


def test_the_interval_holds_the_value_and_narrows_with_more_groups() -> None:
    generator = np.random.default_rng(0)

    def width(n: int, groups: int) -> float:
        labels = generator.choice(["a", "b"], n)
        predicted = np.where(generator.random(n) < 0.8, labels, "a")
        row = scores.score_classes(labels, predicted, (np.arange(n) % groups).astype(str), SPEC)[0]
        assert row["ci_low"] < row["value"] < row["ci_high"]
        return row["ci_high"] - row["ci_low"]

    assert width(1600, 1600) < width(100, 100)


def test_whole_groups_are_resampled() -> None:
    """One group alone leaves nothing to resample: there is no interval, whatever its samples."""
    labels, predicted = np.array(["a", "b"] * 20), np.array(["a", "a"] * 20)
    row = scores.score_classes(labels, predicted, np.array(["patient"] * 40), SPEC)[0]
    assert np.isfinite(row["value"]) and np.isnan([row["ci_low"], row["ci_high"]]).all()


def test_the_same_seed_gives_the_same_interval() -> None:
    labels, predicted = np.array(["a", "b", "a", "b"]), np.array(["a", "a", "a", "b"])
    groups = np.array(["1", "2", "3", "4"])
    assert scores.score_classes(labels, predicted, groups, SPEC) == scores.score_classes(
        labels, predicted, groups, SPEC
    )


def test_a_class_that_a_resample_lacks_lowers_no_interval() -> None:
    """A perfect classifier has F1 1 in every resample that holds the class, also of a class in one group."""
    labels = np.array(["rare"] + ["common"] * 10)
    rows = scores.score_classes(labels, labels, np.arange(11).astype(str), SPEC)
    assert all((row["ci_low"], row["value"], row["ci_high"]) == (1, 1, 1) for row in rows)
