"""Baselines of classification: each beats chance, and its setting is the one that does best on validation."""

from __future__ import annotations

import re

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.metrics import f1_score

from workflow_scripts.evaluation import baselines, offered
from workflow_scripts.evaluation.baselines import (
    knn,
    logistic_regression,
    pca_logistic_regression,
    select,
    standardize,
    variable_logistic_regression,
    weighted_f1_of,
)
from workflow_scripts.evaluation.factors import components
from workflow_scripts.evaluation.metrics import CLASSES

CLASSIFIERS = offered.baselines(CLASSES)
SPEC = {"seed": 1, "regularization": [0.001, 0.1], "pca_components": [4, 8], "neighbours": [1, 5]}
SPEC |= {"variable_genes": [10], "trees": 20}
Split = tuple[np.ndarray, np.ndarray]


def split(samples: int, spread: float, seed: int) -> Split:
    """(x, labels) of three classes in 20 features, half of the samples of one; `spread` within a class."""
    centres = np.random.default_rng(0).normal(size=(3, 20))
    generator = np.random.default_rng(seed)
    of = generator.choice(3, samples, p=[0.5, 0.25, 0.25])
    x = centres[of] + spread * generator.normal(size=(samples, 20))
    return x.astype(np.float32), np.array(["a", "b", "c"])[of]


@pytest.mark.parametrize("name", [name for name in CLASSIFIERS if name not in ("majority_class", "permuted_labels")])
def test_a_baseline_beats_the_majority_class(name: str) -> None:
    train, validation, test = (split(samples, 1.0, samples) for samples in (60, 30, 31))
    best, chance = (select(CLASSIFIERS[of], train, validation, SPEC) for of in (name, "majority_class"))
    assert (chance.predict(test[0]) == "a").all()
    assert best.score(*test) > chance.score(*test) + 0.2


def test_permuted_labels_tell_nothing_where_the_labels_themselves_tell_all() -> None:
    """What the classifier says of a sample has nothing to do with its class."""
    train, validation, test = (split(samples, 0.1, samples) for samples in (200, 100, 3000))
    chance = select(CLASSIFIERS["permuted_labels"], train, validation, SPEC)
    told = chance.predict(test[0])
    recall = [np.mean(told[test[1] == name] == name) for name in "abc"]
    assert np.mean(recall) == pytest.approx(1 / 3, abs=0.12)
    right = select(CLASSIFIERS["pca_logistic_regression"], train, validation, SPEC)
    assert right.score(*test) > 0.99
    before = train[1].copy()
    CLASSIFIERS["permuted_labels"](train[0], SPEC)[0].fit(*train)
    assert (train[1] == before).all()  # what other classifiers are fitted to is left as it was


def setting(candidate: object) -> str:
    return re.sub(" at 0x[0-9a-f]+", "", str(candidate))


@pytest.mark.parametrize(
    "candidates", [logistic_regression, variable_logistic_regression, pca_logistic_regression, knn]
)
@pytest.mark.parametrize("seed", [3, 4])
def test_the_setting_that_does_best_on_validation_is_kept(candidates, seed: int) -> None:
    train, validation = split(60, 2.5, 1), split(60, 2.5, seed)
    spec = {**SPEC, "regularization": [1e-6, 0.003, 0.1], "neighbours": [1, 7, 60], "pca_components": [8]}
    of_each = {}
    for candidate in candidates(train[0], spec):
        predicted = candidate.fit(*train).predict(validation[0])
        of_each[setting(candidate)] = f1_score(validation[1], predicted, average="weighted", zero_division=0)
    assert len(of_each) == 3 and min(of_each.values()) < max(of_each.values()) - 0.1
    chosen = select(candidates, train, validation, spec)
    assert setting(chosen) == max(of_each, key=of_each.get)


def test_of_equal_settings_the_simplest_is_kept() -> None:
    train, validation = split(60, 0.01, 1), split(30, 0.01, 2)
    spec = {**SPEC, "regularization": [10.0, 1.0], "neighbours": [1, 5]}
    assert select(logistic_regression, train, validation, spec).C == 1.0
    assert select(knn, train, validation, spec).n_neighbors == 5


def test_settings_are_compared_by_weighted_f1() -> None:
    labels, predicted = np.array(["a", "a", "a", "b", "b"]), np.array(["a", "a", "b", "b", "c"])
    expected = f1_score(labels, predicted, average="weighted", zero_division=0)
    assert weighted_f1_of(labels, predicted) == pytest.approx(expected)


def latent(samples: int, seed: int) -> Split:
    """(x, labels) of three classes 8 apart in each of 6 latent factors, among 60 features with a little noise."""
    fixed, generator = np.random.default_rng(0), np.random.default_rng(seed)
    centres, loadings = 8 * fixed.normal(size=(3, 6)), fixed.normal(size=(6, 60))
    of = np.arange(samples) % 3
    factors = centres[of] + generator.normal(size=(samples, 6))
    x = factors @ loadings + 0.5 * generator.normal(size=(samples, 60))
    return x.astype(np.float32), np.array(["a", "b", "c"])[of]


@pytest.mark.parametrize("numbers", [[24], [500], [4, 500]])
def test_a_component_that_the_train_samples_do_not_have_is_not_blown_up(numbers: list[int]) -> None:
    """Centred samples span a direction less than their number: what is there is rounding, of any size in others."""
    train, test = latent(24, 1), latent(60, 2)
    chosen = select(pca_logistic_regression, train, latent(30, 3), {**SPEC, "pca_components": numbers})
    assert f1_score(test[1], chosen.predict(test[0]), average="macro") > 0.95


def test_samples_that_stand_twice_add_no_component() -> None:
    x, labels = latent(12, 1)
    twice = (np.concatenate([x, x]), np.concatenate([labels, labels]))
    chosen = select(pca_logistic_regression, twice, latent(30, 3), {**SPEC, "pca_components": [24]})
    assert chosen[0].transform(x).shape[1] <= 11
    test = latent(60, 2)
    assert f1_score(test[1], chosen.predict(test[0]), average="macro") > 0.9


def test_without_any_component_the_majority_is_left() -> None:
    alike, labels = np.full((9, 4), 2.3, np.float32), np.array(["a"] * 6 + ["b"] * 3)
    chosen = select(pca_logistic_regression, (alike, labels), (alike, labels), SPEC)
    assert set(chosen.predict(alike)) == {"a"}


def test_the_number_of_components_is_chosen_on_validation_and_they_are_brought_to_one_scale() -> None:
    """Two classes apart in the third direction by size: fewer components do not see them."""
    generator = np.random.default_rng(5)

    def drawn(samples: int) -> Split:
        x = generator.normal(size=(samples, 12)) * np.array([30, 20, 10, *[1] * 9])
        labels = np.where(np.arange(samples) % 2, "a", "b")
        x[:, 2] = 10 * (np.where(labels == "a", 1, -1) + 0.1 * generator.normal(size=samples))
        return x.astype(np.float32), labels

    train, validation = drawn(60), drawn(30)
    chosen = select(pca_logistic_regression, train, validation, {**SPEC, "pca_components": [2, 3, 10]})
    scores = chosen[0].transform(train[0])
    assert scores.shape == (60, 3)
    np.testing.assert_allclose(scores.std(axis=0), 1, atol=0.02)
    np.testing.assert_allclose(scores.mean(axis=0), 0, atol=1e-5)
    expected = PCA(3, svd_solver="full").fit_transform(train[0])
    assert np.abs(np.diag(np.corrcoef(scores.T, expected.T)[:3, 3:])).min() > 0.999


def test_of_the_most_variable_genes_none_other_is_looked_at() -> None:
    """They are the first; classes that the next gene alone tells are not found by fewer."""
    x, labels = split(60, 1.0, 1)
    x[:, :4] = np.random.default_rng(2).normal(size=(60, 4))
    x[:, 4] = 5 * (labels == "a")
    found = {}
    for number in (4, 5, 500):
        chosen = select(variable_logistic_regression, (x, labels), (x, labels), {**SPEC, "variable_genes": [number]})
        changed = np.where(np.arange(x.shape[1]) < number, x, 1e3).astype(np.float32)
        np.testing.assert_array_equal(chosen.predict(changed), chosen.predict(x))
        found[number] = ((chosen.predict(x) == "a") == (labels == "a")).mean()
    assert found[4] < 0.9 and found[5] == 1


def test_a_forest_is_of_so_many_trees_and_the_same_of_the_same_seed() -> None:
    train, test = split(60, 2.5, 1), split(60, 2.5, 2)
    first, again, other = (
        select(CLASSIFIERS["random_forest"], train, test, {**SPEC, "seed": seed}) for seed in (1, 1, 2)
    )
    assert len(first.estimators_) == 20
    np.testing.assert_array_equal(first.predict_proba(test[0]), again.predict_proba(test[0]))
    assert not np.array_equal(first.predict_proba(test[0]), other.predict_proba(test[0]))


def test_the_components_are_fitted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    fitted = []

    def counted(x: np.ndarray, number: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        fitted.append(number)
        return components(x, number, seed)

    monkeypatch.setattr(baselines, "components", counted)
    select(pca_logistic_regression, split(60, 1.0, 1), split(30, 1.0, 2), {**SPEC, "pca_components": [2, 4, 8]})
    assert fitted == [8]


def test_a_train_split_smaller_than_the_settings_is_served() -> None:
    few = (np.random.default_rng(0).normal(size=(6, 20)), np.array(["a", "b", "c"] * 2))
    spec = {**SPEC, "pca_components": [500], "neighbours": [50]}
    for candidates in CLASSIFIERS.values():
        assert len(select(candidates, few, few, spec).predict(split(10, 1.0, 1)[0])) == 10


@pytest.mark.parametrize("spread", [0.0, 1e-8, 1e-7])
def test_a_feature_that_varies_by_rounding_alone_is_not_blown_up(spread: float) -> None:
    x = np.array([[2.0, 5.0], [4.0, 5.1]], np.float32)
    found = standardize(x, np.array([3.0, 5.0]), np.array([1.0, spread]))
    np.testing.assert_allclose(found, [[-1, 0], [1, 0.1]], atol=1e-5)
    assert found.dtype == np.float32


def test_a_feature_of_little_spread_is_brought_to_one_scale() -> None:
    x = np.array([[0.001], [0.003]], np.float32)
    np.testing.assert_allclose(standardize(x, np.array([0.002]), np.array([0.001])), [[-1], [1]], rtol=1e-4)
