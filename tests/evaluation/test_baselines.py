"""Baselines of classification: each beats chance, and its setting is the one that does best on validation."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score

from workflow_scripts.evaluation.baselines import (
    CLASSIFIERS,
    knn,
    logistic_regression,
    pca_logistic_regression,
    select,
    weighted_f1_of,
)

SPEC = {"seed": 1, "regularization": [0.001, 0.1], "pca_components": 8, "neighbours": [1, 5]}
Split = tuple[np.ndarray, np.ndarray]


def split(samples: int, spread: float, seed: int) -> Split:
    """(x, labels) of three classes in 20 features, half of the samples of one; `spread` within a class."""
    centres = np.random.default_rng(0).normal(size=(3, 20))
    generator = np.random.default_rng(seed)
    of = generator.choice(3, samples, p=[0.5, 0.25, 0.25])
    x = centres[of] + spread * generator.normal(size=(samples, 20))
    return x.astype(np.float32), np.array(["a", "b", "c"])[of]


@pytest.mark.parametrize("name", [name for name in CLASSIFIERS if name != "majority_class"])
def test_a_baseline_beats_the_majority_class(name: str) -> None:
    train, validation, test = (split(samples, 1.0, samples) for samples in (60, 30, 31))
    best, chance = (select(CLASSIFIERS[of], train, validation, SPEC) for of in (name, "majority_class"))
    assert (chance.predict(test[0]) == "a").all()
    assert best.score(*test) > chance.score(*test) + 0.2


@pytest.mark.parametrize("candidates", [logistic_regression, pca_logistic_regression, knn])
@pytest.mark.parametrize("seed", [3, 4])
def test_the_setting_that_does_best_on_validation_is_kept(candidates, seed: int) -> None:
    train, validation = split(60, 2.5, 1), split(60, 2.5, seed)
    spec = {**SPEC, "regularization": [1e-6, 0.003, 0.1], "neighbours": [1, 7, 60]}
    of_each = {}
    for candidate in candidates(spec):
        predicted = candidate.fit(*train).predict(validation[0])
        of_each[str(candidate.get_params())] = f1_score(validation[1], predicted, average="weighted", zero_division=0)
    assert len(of_each) == 3 and min(of_each.values()) < max(of_each.values()) - 0.1
    chosen = select(candidates, train, validation, spec)
    assert str(chosen.get_params()) == max(of_each, key=of_each.get)


def test_of_equal_settings_the_simplest_is_kept() -> None:
    train, validation = split(60, 0.01, 1), split(30, 0.01, 2)
    spec = {**SPEC, "regularization": [10.0, 1.0], "neighbours": [1, 5]}
    assert select(logistic_regression, train, validation, spec).C == 1.0
    assert select(knn, train, validation, spec).n_neighbors == 5


def test_settings_are_compared_by_weighted_f1() -> None:
    labels, predicted = np.array(["a", "a", "a", "b", "b"]), np.array(["a", "a", "b", "b", "c"])
    expected = f1_score(labels, predicted, average="weighted", zero_division=0)
    assert weighted_f1_of(labels, predicted) == pytest.approx(expected)


def test_principal_components_are_drawn_from_the_seed_and_brought_to_one_scale() -> None:
    for seed in (1, 2):
        pipeline = pca_logistic_regression({**SPEC, "seed": seed})[0]
        assert pipeline["pca"].random_state == seed and pipeline["pca"].n_components == 8
        assert list(pipeline.named_steps) == ["pca", "standardscaler", "logisticregression"]


def test_a_train_split_smaller_than_the_settings_is_served() -> None:
    few = (np.random.default_rng(0).normal(size=(6, 20)), np.array(["a", "b", "c"] * 2))
    spec = {**SPEC, "pca_components": 500, "neighbours": [50]}
    for candidates in CLASSIFIERS.values():
        assert len(select(candidates, few, few, spec).predict(split(10, 1.0, 1)[0])) == 10
