"""Imputers predict from visible values alone, as their papers say."""

from __future__ import annotations

import numpy as np
import pytest

from workflow_scripts.evaluation import factors
from workflow_scripts.evaluation.fitting import Once, fit_imputers
from workflow_scripts.evaluation.imputers import WEIGHTS, Imputer, centre
from workflow_scripts.evaluation.metrics import HIDDEN
from workflow_scripts.evaluation.offered import baselines

IMPUTERS = baselines(HIDDEN)
SPEC = {"seed": 1, "neighbours": [3], "pca_components": [2], "factors": [2]}
SPEC |= {"kernel_penalties": [0.03], "kernel_samples": 1000}
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


def candidate(name: str, data: Data, **spec: object) -> Imputer:
    """The one candidate of an imputer with one setting; of a stack, that of equal weights."""
    offered = fit_imputers(data[0], data[2], SPEC | spec)[name]
    return list(offered.values())[len(offered) // 2]


@pytest.mark.parametrize("name", list(IMPUTERS))
def test_hidden_values_are_not_looked_at(name: str, data: Data, visible: np.ndarray) -> None:
    test, impute = data[1], candidate(name, data, kernel_samples=20)
    before = impute(test, visible)
    np.testing.assert_array_equal(before, impute(np.where(visible, test, 1e6).astype(np.float32), visible))
    assert before.shape == test.shape and np.isfinite(before).all()


@pytest.mark.parametrize("name", list(IMPUTERS))
def test_the_same_samples_and_seed_give_the_same_prediction(name: str, data: Data, visible: np.ndarray) -> None:
    first, again = (candidate(name, data)(data[1], visible) for _ in range(2))
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize(
    "name, skill",
    [
        ("knn_imputer", 0.6),
        ("pca_imputer", 0.9),
        ("factor_analysis_imputer", 0.9),
        ("kernel_ridge_imputer", 0.85),
        ("stacked_imputer", 0.9),
    ],
)
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
@pytest.mark.parametrize("name", ["pca_imputer", "factor_analysis_imputer"])
def test_factors_give_the_mean_of_hidden_values_given_the_visible(
    name: str, number: int, data: Data, visible: np.ndarray
) -> None:
    """Of a Gaussian with covariance W W^T + noise: C_hv C_vv^-1 x_v."""
    train, test, mean = data
    centred, measured = centre(train, mean)
    if name == "pca_imputer":
        (of,) = factors.fit(centred, [number], seed=1)
    else:
        (of,) = factors.fit_noise_per_gene(centred, measured, [number], seed=1)
    covariance = of.loadings.astype(float) @ of.loadings.T + np.diag(of.noise)
    offered = IMPUTERS[name](train, mean, SPEC | {"pca_components": [1, 2], "factors": [1, 2]})
    predicted = list(offered.values())[number - 1](test, visible)
    for sample, seen, found in zip(test, visible, predicted, strict=True):
        weights = covariance[np.ix_(~seen, seen)] @ np.linalg.inv(covariance[np.ix_(seen, seen)])
        np.testing.assert_allclose(found[~seen], mean[~seen] + weights @ (sample - mean)[seen], rtol=2e-3)


@pytest.mark.parametrize("share", [0.2, 0.7], ids=["few visible", "most visible"])
@pytest.mark.parametrize("samples", [60, 15], ids=["all samples", "the nearest"])
def test_kernel_ridge_predicts_from_a_kernel_of_the_visible_genes(samples: int, share: float, data: Data) -> None:
    """Pair by pair: half x.y and half exp(-|x - y|^2), both over the mean square of the train samples that are used."""
    train, test, mean = data
    visible = np.isfinite(test) & (np.random.default_rng(3).random(test.shape) < share)
    predicted = candidate("kernel_ridge_imputer", data, kernel_samples=samples, kernel_penalties=[0.1])(test, visible)
    for sample, seen, found in zip(test, visible, predicted, strict=True):
        distance = [np.nanmean(np.square(other - sample)[seen]) for other in train]
        used = np.nan_to_num(train[np.argsort(distance)[:samples]] - mean)
        x, scale = (sample - mean)[seen], np.mean([row @ row for row in used[:, seen]])

        def kernel(one: np.ndarray, other: np.ndarray, scale: float = scale) -> float:
            return (one @ other / scale + np.exp(-np.sum((one - other) ** 2) / scale)) / 2

        of_train = np.array([[kernel(one, other) for other in used[:, seen]] for one in used[:, seen]])
        own = np.array([kernel(x, other) for other in used[:, seen]])
        weights = np.linalg.solve(of_train + 0.1 * np.eye(samples), own)
        np.testing.assert_allclose(found, mean + weights @ used, atol=2e-3)


def test_a_sample_of_which_nothing_is_seen_is_given_the_mean(data: Data) -> None:
    train, test, mean = data
    nothing = np.zeros(test.shape, bool)
    for name in ("factor_analysis_imputer", "kernel_ridge_imputer", "stacked_imputer"):
        predicted = candidate(name, data)(test, nothing)
        np.testing.assert_allclose(predicted, np.broadcast_to(mean, test.shape), rtol=1e-6)


def test_genes_that_vary_in_no_train_sample_tell_a_kernel_nothing(data: Data) -> None:
    """What is left of their kernel is rounding."""
    train, test, _ = data
    constant = np.nan_to_num(train, nan=4.0)
    constant[:, :20] = 3.0
    visible = np.arange(30) < np.where(np.arange(len(test)) % 2, 20, 5)[:, None]
    mean = constant.mean(0)
    predicted = candidate("kernel_ridge_imputer", (constant, test, mean))(np.nan_to_num(test), visible)
    np.testing.assert_allclose(predicted, np.broadcast_to(mean, test.shape), rtol=1e-5)


def test_a_stack_is_every_weighted_mean_of_its_parts_which_are_asked_once(data: Data, visible: np.ndarray) -> None:
    asked: list[str] = []

    def part(name: str, value: float) -> Once:
        return Once(lambda values, visible: asked.append(name) or np.full(values.shape, value))

    first, second = {"a": part("a", 1.0), "b": part("b", 2.0)}, {"c": part("c", 10.0)}
    offered = IMPUTERS["stacked_imputer"](first, second)
    assert len(offered) == 2 * (WEIGHTS + 1)
    found = {setting: impute(data[1], visible)[0, 0] for setting, impute in offered.items()}
    assert found["0 of a, 1 of c"] == 10 and found["1 of a, 0 of c"] == 1
    assert found["0.3 of b, 0.7 of c"] == pytest.approx(0.3 * 2 + 0.7 * 10)
    assert sorted(asked) == ["a", "b", "c"]


def test_a_prediction_is_kept_for_the_very_samples_and_mask_alone(data: Data, visible: np.ndarray) -> None:
    impute = Once(lambda values, visible: values + visible)
    values = np.nan_to_num(data[1])
    for of, mask in ((values, visible), (values, ~visible), (values + 1, ~visible), (values, visible)):
        np.testing.assert_array_equal(impute(of, mask), of + mask)


def test_every_setting_is_offered_by_name_and_none_twice(data: Data) -> None:
    train, _, mean = data
    spec = SPEC | {"neighbours": [5, 1, 500, 600], "pca_components": [2, 1, 500], "factors": [3, 600, 500]}
    spec |= {"kernel_penalties": [0.3, 0.03]}
    offered = {name: list(of) for name, of in fit_imputers(train, mean, spec).items()}
    stacked = offered.pop("stacked_imputer")
    assert offered == {
        "gene_mean": [""],
        "knn_imputer": ["1 neighbours", "5 neighbours", "60 neighbours"],
        "pca_imputer": ["1 components", "2 components", "29 components"],
        "factor_analysis_imputer": ["3 factors", "29 factors"],
        "kernel_ridge_imputer": ["penalty 0.03", "penalty 0.3"],
    }
    assert len(stacked) == 2 * 2 * (WEIGHTS + 1) and stacked[3] == "0.3 of 3 factors, 0.7 of penalty 0.03"


def test_one_train_sample_has_no_component_and_gives_the_mean(data: Data, visible: np.ndarray) -> None:
    train, test, _ = data
    alone = np.nan_to_num(train[:1], nan=3)
    for name in ("pca_imputer", "factor_analysis_imputer", "stacked_imputer"):
        predicted = candidate(name, (alone, test, alone[0]))(test, visible)
        np.testing.assert_array_equal(predicted, np.tile(alone[0], (len(test), 1)))
