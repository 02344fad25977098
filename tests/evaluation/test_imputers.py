"""Imputers predict from visible values alone, as their papers say."""

from __future__ import annotations

import numpy as np
import pytest

from workflow_scripts.evaluation.factors import fit
from workflow_scripts.evaluation.imputers import centre
from workflow_scripts.evaluation.metrics import HIDDEN
from workflow_scripts.evaluation.models import baselines

IMPUTERS = baselines(HIDDEN)
SPEC = {"seed": 1, "neighbours": [3], "pca_components": [2]}
Data = tuple[np.ndarray, np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def data() -> Data:
    """Train and test samples of two factors, with unmeasured genes in some, and the train mean."""
    generator = np.random.default_rng(0)
    loadings = generator.normal(size=(2, 30))
    x = (4 + generator.normal(size=(80, 2)) @ loadings + 0.1 * generator.normal(size=(80, 30))).astype(np.float32)
    x[::3, 4] = np.nan
    x[generator.random(x.shape) < 0.1] = np.nan
    return x[:60], x[60:], np.nanmean(x[:60], 0)


@pytest.fixture(scope="module")
def visible(data: Data) -> np.ndarray:
    return np.isfinite(data[1]) & (np.random.default_rng(1).random(data[1].shape) > 0.3)


def candidate(name: str, data: Data, **spec: object):
    """The one candidate of an imputer with one setting."""
    (impute,) = IMPUTERS[name](data[0], data[2], SPEC | spec).values()
    return impute


@pytest.mark.parametrize("name", list(IMPUTERS))
def test_hidden_values_are_not_looked_at(name: str, data: Data, visible: np.ndarray) -> None:
    test, impute = data[1], candidate(name, data)
    before = impute(test, visible)
    np.testing.assert_array_equal(before, impute(np.where(visible, test, 1e6).astype(np.float32), visible))
    assert before.shape == test.shape and np.isfinite(before).all()


@pytest.mark.parametrize("name, skill", [("knn_imputer", 0.6), ("pca_imputer", 0.9)])
def test_it_beats_the_gene_mean(name: str, skill: float, data: Data, visible: np.ndarray) -> None:
    _, test, mean = data
    hidden = np.isfinite(test) & ~visible
    predicted = candidate(name, data)(test, visible)
    error, of_mean = (np.square(of - test)[hidden].mean() for of in (predicted, mean))
    assert 1 - error / of_mean > skill


def test_the_gene_mean_is_that_of_the_train_samples_that_measure_it(data: Data, visible: np.ndarray) -> None:
    train, test, mean = data
    by_hand = [train[np.isfinite(train[:, gene]), gene].mean() for gene in range(train.shape[1])]
    np.testing.assert_allclose(candidate("gene_mean", data)(test, visible), np.tile(by_hand, (len(test), 1)), rtol=1e-5)


@pytest.mark.parametrize("neighbours", [1, 3, 7])
def test_neighbours_are_those_nearest_over_the_genes_that_both_have(
    neighbours: int, data: Data, visible: np.ndarray
) -> None:
    """The mean squared difference, one sample and one neighbour at a time; the mean of those that measure a gene."""
    train, test, mean = data
    predicted = candidate("knn_imputer", data, neighbours=[neighbours])(test, visible)
    for sample, seen, found in zip(test, visible, predicted, strict=True):
        distance = [np.nanmean(np.square(other - sample)[seen]) for other in train]
        nearest = train[np.argsort(distance)[:neighbours]]
        measured = np.isfinite(nearest)
        expected = np.where(
            measured.any(0), np.where(measured, nearest, 0).sum(0) / np.maximum(measured.sum(0), 1), mean
        )
        np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_a_gene_that_a_train_sample_lacks_makes_it_neither_near_nor_far() -> None:
    train = np.array([[1, 1, 5, 9], [4, 4, 7, np.nan], [9, 9, 1, 1]], np.float32)
    (impute,) = IMPUTERS["knn_imputer"](train, np.nanmean(train, 0), SPEC | {"neighbours": [1]}).values()
    predicted = impute(np.array([[4.2, 4.1, 0, 0]], np.float32), np.array([[True, True, False, False]]))[0]
    assert predicted[2] == pytest.approx(7)
    assert predicted[3] == pytest.approx(5), "measured in no neighbour: the train mean"


@pytest.mark.parametrize("number", [1, 2])
def test_probabilistic_pca_gives_the_mean_of_hidden_values_given_the_visible(
    number: int, data: Data, visible: np.ndarray
) -> None:
    """Of a Gaussian with covariance W W^T + noise: C_hv C_vv^-1 x_v."""
    train, test, mean = data
    (factors,) = fit(centre(train, mean)[0], [number], seed=1)
    covariance = factors.loadings.astype(float) @ factors.loadings.T + np.diag(factors.noise)
    impute = IMPUTERS["pca_imputer"](train, mean, SPEC | {"pca_components": [1, 2]})[f"{number} components"]
    for sample, seen, found in zip(test, visible, impute(test, visible), strict=True):
        weights = covariance[np.ix_(~seen, seen)] @ np.linalg.inv(covariance[np.ix_(seen, seen)])
        np.testing.assert_allclose(found[~seen], mean[~seen] + weights @ (sample - mean)[seen], rtol=1e-3)


def test_every_setting_is_offered_by_name_and_none_twice(data: Data) -> None:
    train, _, mean = data
    spec = {"seed": 1, "neighbours": [5, 1, 500, 600], "pca_components": [2, 1, 500]}
    offered = {name: list(fit_to(train, mean, spec)) for name, fit_to in IMPUTERS.items()}
    assert offered == {
        "gene_mean": [""],
        "knn_imputer": ["1 neighbours", "5 neighbours", "60 neighbours"],
        "pca_imputer": ["1 components", "2 components", "29 components"],
    }


def test_one_train_sample_has_no_component_and_gives_the_mean(data: Data, visible: np.ndarray) -> None:
    train, test, _ = data
    alone = np.nan_to_num(train[:1], nan=3)
    (impute,) = IMPUTERS["pca_imputer"](alone, alone[0], SPEC).values()
    np.testing.assert_array_equal(impute(test, visible), np.tile(alone[0], (len(test), 1)))
