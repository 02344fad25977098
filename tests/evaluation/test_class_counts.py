"""Metrics of classification equal scikit-learn's, and are functions of counts that add up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from workflow_scripts.evaluation.class_counts import class_counts
from workflow_scripts.evaluation.classification import score_classes
from workflow_scripts.evaluation.metrics import scorers

classes = st.sampled_from(["ant", "bee", "c d", 'e"f'])
pairs = st.lists(st.tuples(classes, classes), min_size=1, max_size=40)


@settings(max_examples=60, deadline=None)
@given(pairs)
def test_every_metric_equals_scikit_learn(drawn: list[tuple[str, str]]) -> None:
    labels, predicted = np.array(drawn).T
    spec = {"seed": 1, "bootstrap_samples": 2}
    rows = score_classes(labels, predicted, np.arange(len(labels)).astype(str), spec, model="m")
    found = {row["metric"]: row["value"] for row in rows}
    of_class = dict.fromkeys(np.unique(labels))
    expected = {
        "weighted_f1": reference.f1_score(labels, predicted, average="weighted", zero_division=0),
        "macro_f1": reference.f1_score(labels, predicted, average="macro", zero_division=0),
        "accuracy": reference.accuracy_score(labels, predicted),
        "balanced_accuracy": reference.recall_score(
            labels, predicted, average="macro", labels=list(of_class), zero_division=0
        ),
    }
    per_class = reference.f1_score(labels, predicted, average=None, labels=list(of_class), zero_division=0)
    expected |= {f"f1:{name}": value for name, value in zip(of_class, per_class, strict=True)}
    assert found == pytest.approx(expected)


def test_counts_are_of_each_group_by_name_and_of_each_class() -> None:
    labels, predicted = np.array(["b", "a", "a", "b"]), np.array(["b", "b", "a", "c"])
    counts = class_counts(labels, predicted, np.array(["y", "x", "x", "y"]), np.array(["a", "b", "c"]))
    x = [[2, 1, 1], [0, 1, 0], [0, 0, 0]]  # of a, b, c: are it, are predicted to be it, both
    y = [[0, 0, 0], [2, 1, 1], [0, 1, 0]]
    assert counts.tolist() == [x, y]


def test_a_metric_of_many_resamples_is_that_of_each() -> None:
    generator = np.random.default_rng(0)
    both = generator.integers(0, 5, (7, 4))
    counts = np.stack([both + generator.integers(1, 5, (7, 4)), both + generator.integers(0, 5, (7, 4)), both], axis=-1)
    for place, score in scorers("classification").items():
        np.testing.assert_allclose(score(counts), [score(one) for one in counts], err_msg=str(place))
