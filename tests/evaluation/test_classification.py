"""One classifier: chosen on validation, scored on validation and test, with intervals over whole groups."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workflow_scripts.contracts import predictions
from workflow_scripts.evaluation.baselines import knn, logistic_regression
from workflow_scripts.evaluation.classification import classify, score_classes

SPEC = {"seed": 1, "bootstrap_samples": 200, "regularization": [0.1], "neighbours": [1, 30], "pca_components": [2]}


def numbers(rows: list[dict]) -> dict[tuple[str, str], dict]:
    return {(row["split"], row["metric"]): row for row in rows}


@pytest.fixture(scope="module")
def problem() -> tuple[np.ndarray, pd.DataFrame]:
    """Two overlapping classes in 3 features, three quarters of one; 40 samples a split, in pairs of one group."""
    generator = np.random.default_rng(3)
    labels = np.where(generator.random(120) < 0.75, "common", "rare")
    x = generator.normal(size=(120, 3)) + 1.2 * (labels == "rare")[:, None]
    group = [f"g{sample // 2}" for sample in range(120)]
    split = np.repeat(["train", "validation", "test"], 40)
    samples = pd.DataFrame({"split": split, "group": group, "label": labels}, index=[f"s{i}" for i in range(120)])
    return x.astype(np.float32), samples


def test_the_interval_holds_the_value_and_narrows_with_more_groups() -> None:
    generator = np.random.default_rng(0)

    def width(n: int, groups: int) -> float:
        labels = generator.choice(["a", "b"], n)
        predicted = np.where(generator.random(n) < 0.8, labels, "a")
        row = score_classes(labels, predicted, (np.arange(n) % groups).astype(str), SPEC)[0]
        assert row["ci_low"] < row["value"] < row["ci_high"]
        return row["ci_high"] - row["ci_low"]

    assert width(1600, 1600) < width(100, 100)


def test_the_interval_of_95_percent_holds_the_truth_so_often_although_samples_of_a_group_go_together() -> None:
    """Each patient has ten samples, all right or all wrong: samples drawn one by one would say far too much."""
    generator = np.random.default_rng(0)
    labels, groups = np.array(["a"] * 400), np.repeat(np.arange(40), 10).astype(str)
    held = 0
    for _ in range(150):
        predicted = np.where(np.repeat(generator.random(40) < 0.7, 10), "a", "b")
        (row,) = (row for row in score_classes(labels, predicted, groups, SPEC) if row["metric"] == "accuracy")
        held += row["ci_low"] <= 0.7 <= row["ci_high"]
    assert 0.88 < held / 150 < 0.99


def test_one_group_alone_has_no_interval() -> None:
    labels, predicted = np.array(["a", "b"] * 20), np.array(["a", "a"] * 20)
    row = score_classes(labels, predicted, np.array(["patient"] * 40), SPEC)[0]
    assert np.isfinite(row["value"]) and np.isnan([row["ci_low"], row["ci_high"]]).all()
    assert len(row["replicates"]) == 0


def test_the_seed_decides_the_resamples() -> None:
    generator = np.random.default_rng(0)
    labels, groups = generator.choice(["a", "b"], 60), np.arange(60).astype(str)
    predicted = np.where(generator.random(60) < 0.8, labels, "a")
    first, again, other = (score_classes(labels, predicted, groups, {**SPEC, "seed": seed})[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first["replicates"], again["replicates"])
    assert first["groups"] == again["groups"] != other["groups"]
    assert not np.array_equal(first["replicates"], other["replicates"])


def test_a_class_that_a_resample_lacks_lowers_no_interval() -> None:
    """A perfect classifier has F1 1 in every resample that holds the class, also of a class in one group."""
    labels = np.array(["rare"] + ["common"] * 10)
    rows = score_classes(labels, labels, np.arange(11).astype(str), SPEC)
    assert all((row["ci_low"], row["value"], row["ci_high"]) == (1, 1, 1) for row in rows)
    replicates = {row["metric"]: row["replicates"] for row in rows}
    assert np.isnan(replicates["f1:rare"]).any() and np.isfinite(replicates["f1:common"]).all()


def test_a_resample_is_scored_as_its_samples_would_be() -> None:
    """Of two groups a resample is one of three, which can be written out."""
    labels, predicted = np.array(["a", "b", "b", "b"]), np.array(["a", "b", "b", "a"])
    groups = np.array(["x", "x", "y", "y"])
    accuracy = next(row for row in score_classes(labels, predicted, groups, SPEC) if row["metric"] == "accuracy")
    assert set(accuracy["replicates"]) == {1.0, 0.75, 0.5}  # x twice, each once, y twice


def test_numbers_say_how_many_samples_they_are_of() -> None:
    labels, predicted = np.array(["a", "b", "b"]), np.array(["a", "c", "c"])
    counts = {row["metric"]: row["n"] for row in score_classes(labels, predicted, np.array(["1", "2", "3"]), SPEC)}
    assert counts.pop("f1:a") == 1 and counts.pop("f1:b") == 2
    assert "f1:c" not in counts and set(counts.values()) == {3}  # no sample is of the class c


def test_the_order_of_samples_changes_no_number(problem: tuple[np.ndarray, pd.DataFrame]) -> None:
    """A probe's samples come as they are stored, those of the baselines as they are split."""
    x, samples = problem
    order = np.random.default_rng(1).permutation(len(x))
    first = classify("m", knn, x, samples, SPEC).rows
    again = classify("m", knn, x[order], samples.iloc[order], SPEC).rows
    for one, other in zip(first, again, strict=True):
        assert (one["metric"], one["value"], one["groups"]) == (other["metric"], other["value"], other["groups"])
        np.testing.assert_array_equal(one["replicates"], other["replicates"])


def test_predictions_are_those_that_are_scored(problem: tuple[np.ndarray, pd.DataFrame]) -> None:
    rows, predicted, _ = classify("m", logistic_regression, *problem, SPEC)
    predictions.validate(predicted)
    for split, table in predicted.groupby("split"):
        assert list(table["sample_id"]) == list(problem[1].index[problem[1]["split"] == split])
        assert (table["label"] == table["predicted"]).mean() == numbers(rows)[split, "accuracy"]["value"]
    assert set(predicted["split"]) == {"validation", "test"}


def test_the_setting_is_chosen_by_validation_labels_alone(problem: tuple[np.ndarray, pd.DataFrame]) -> None:
    """Labels of the test split that another setting would suit better change no prediction; those of validation do."""
    x, samples = problem
    before = classify("m", knn, x, samples, SPEC).predictions
    alike = {}
    for split in ("validation", "test"):
        changed = samples.copy()
        chosen = changed["split"] == split
        only_common = (changed.loc[chosen, "label"] == "common").all()
        assert not only_common
        changed.loc[chosen, "label"] = "common"  # the setting that says the same of all is now the best
        after = classify("m", knn, x, changed, SPEC).predictions
        alike[split] = before["predicted"].equals(after["predicted"])
    assert alike == {"validation": False, "test": True}


def test_nothing_is_fitted_to_validation(problem: tuple[np.ndarray, pd.DataFrame]) -> None:
    """With one setting there is nothing to choose: labels of validation change no prediction."""
    x, samples = problem
    changed = samples.copy()
    changed.loc[changed["split"] == "validation", "label"] = "common"
    spec = {**SPEC, "neighbours": [1]}
    first, second = (classify("m", knn, x, of, spec).predictions for of in (samples, changed))
    assert first["predicted"].equals(second["predicted"])


@pytest.mark.parametrize("lacking", ["train", "validation", "test"])
def test_without_samples_to_learn_or_score_there_is_no_number(
    lacking: str, problem: tuple[np.ndarray, pd.DataFrame]
) -> None:
    x, samples = problem
    kept = (samples["split"] != lacking).to_numpy()
    rows, predicted, classifier = classify("m", knn, x[kept], samples[kept], SPEC)
    assert rows == [] and predictions.validate(predicted).empty and classifier is None
