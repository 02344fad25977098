"""Imputers predict from visible values alone; their scores are those of the textbook."""

from __future__ import annotations

import numpy as np
import pytest

from workflow_scripts.evaluation.imputers import IMPUTERS
from workflow_scripts.evaluation.reconstruction import Reconstruction

SPEC = {"seed": 1, "neighbours": [3], "pca_components": [2], "bootstrap_samples": 100}


@pytest.fixture(scope="module")
def data() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Train and test samples of two factors, with an unmeasured gene in some, and the train mean."""
    generator = np.random.default_rng(0)
    loadings = generator.normal(size=(2, 30))
    x = (4 + generator.normal(size=(80, 2)) @ loadings + 0.1 * generator.normal(size=(80, 30))).astype(np.float32)
    x[::3, 4] = np.nan
    return x[:60], x[60:], np.nanmean(x[:60], 0)


def candidates(name: str, data: tuple) -> list:
    return list(IMPUTERS[name](data[0], data[2], SPEC).values())


@pytest.mark.parametrize("name", list(IMPUTERS))
def test_hidden_values_are_not_looked_at(name: str, data: tuple) -> None:
    _, test, _ = data
    visible = np.isfinite(test) & (np.random.default_rng(1).random(test.shape) > 0.3)
    (impute,) = candidates(name, data)
    before = impute(test, visible)
    np.testing.assert_array_equal(before, impute(np.where(visible, test, 1e6).astype(np.float32), visible))
    assert before.shape == test.shape and np.isfinite(before).all()


@pytest.mark.parametrize("name, skill", [("knn_imputer", 0.6), ("pca_imputer", 0.9)])
def test_it_beats_the_gene_mean(name: str, skill: float, data: tuple) -> None:
    _, test, mean = data
    visible = np.isfinite(test) & (np.random.default_rng(1).random(test.shape) > 0.3)
    hidden = np.isfinite(test) & ~visible
    (impute,) = candidates(name, data)
    error, of_mean = (np.square(predicted - test)[hidden].mean() for predicted in (impute(test, visible), mean))
    assert 1 - error / of_mean > skill


def test_the_nearest_neighbour_is_found_over_shared_genes() -> None:
    train = np.array([[1, 1, 5, 9], [4, 4, 7, np.nan], [9, 9, 1, 1]], np.float32)
    (impute,) = IMPUTERS["knn_imputer"](train, np.nanmean(train, 0), {**SPEC, "neighbours": [1]}).values()
    sample = np.array([[4.2, 4.1, 0, 0]], np.float32)
    predicted = impute(sample, np.array([[True, True, False, False]]))[0]
    assert predicted[2] == pytest.approx(7)
    assert predicted[3] == pytest.approx(5), "measured in no neighbour: the train mean"


def reconstruction(data: tuple) -> tuple[Reconstruction, np.ndarray, np.ndarray, np.ndarray]:
    _, test, mean = data
    generator = np.random.default_rng(2)
    hidden = np.isfinite(test) & (generator.random(test.shape) > 0.3)
    predicted = np.nan_to_num(test) + generator.normal(size=test.shape)
    sums = Reconstruction(mean)
    blocks = np.arange(len(test)) // 2
    for rows in (slice(0, 7), slice(7, None)):
        sums.add(test[rows], predicted[rows], hidden[rows], blocks[rows])
    return sums, test, predicted, hidden


def test_scores_equal_those_computed_at_once(data: tuple) -> None:
    sums, test, predicted, hidden = reconstruction(data)
    rows = sums.rows(SPEC, model="m")
    found = {(row["level"], row["metric"]): row for row in rows}
    error = np.square(predicted - test)[hidden]
    genes = [np.corrcoef(predicted[at, gene], test[at, gene])[0, 1] for gene, at in enumerate(hidden.T) if at.sum() > 2]
    samples = [np.corrcoef(predicted[row, at], test[row, at])[0, 1] for row, at in enumerate(hidden)]
    expected = {
        ("pooled", "pearson"): (np.corrcoef(predicted[hidden], test[hidden])[0, 1], hidden.sum()),
        ("pooled", "rmse"): (np.sqrt(error.mean()), hidden.sum()),
        ("pooled", "skill"): (1 - error.mean() / np.square(data[2] - test)[hidden].mean(), hidden.sum()),
        ("per_gene", "pearson"): (np.median(genes), len(genes)),
        ("per_sample", "pearson"): (np.mean(samples), len(samples)),
    }
    assert found.keys() == expected.keys()
    for place, (value, n) in expected.items():
        assert found[place]["value"] == pytest.approx(value, rel=1e-6), place
        assert found[place]["n"] == n, place
        assert found[place]["ci_low"] < value < found[place]["ci_high"], place


def test_nothing_hidden_gives_no_number_rather_than_zero() -> None:
    sums = Reconstruction(np.zeros(3))
    sums.add(np.ones((2, 3)), np.ones((2, 3)), np.zeros((2, 3), bool), np.array([0, 1]))
    assert all(np.isnan(row["value"]) and np.isnan(row["ci_low"]) for row in sums.rows(SPEC, model="m"))
