"""Contexts and neighbours are those that were planted, and chance brings few."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.bulk.conftest import filled_base
from workflow_scripts.bulk import coexpression
from workflow_scripts.bulk.base import FOLDS
from workflow_scripts.bulk.coexpression import contexts, left, neighbours

GENES, SAMPLES = 40, 300


@pytest.fixture
def labels() -> np.ndarray:
    return np.repeat([0, 1, 2], [150, 100, 50])


@pytest.fixture
def residuals(labels: np.ndarray) -> np.ndarray:
    """Gene 1 follows gene 0 with another sign in context 1; gene 3 follows gene 2 in context 0 alone."""
    x = np.random.default_rng(0).normal(size=(SAMPLES, GENES)).astype(np.float32)
    x[:, 1] = np.where(labels == 1, -1, 1) * x[:, 0] + 0.3 * x[:, 1]
    x[labels == 0, 3] = x[labels == 0, 2] + 0.3 * x[labels == 0, 3]
    x[labels == 2] += 5  # the mean of a context goes with nothing
    return x


def test_an_edge_of_either_sign_and_of_one_context_is_found(residuals: np.ndarray, labels: np.ndarray) -> None:
    assert abs(np.corrcoef(residuals[labels < 2, 0], residuals[labels < 2, 1])[0, 1]) < 0.3
    found, beyond = neighbours(residuals, labels, 5, seed=1)
    assert found.shape == beyond.shape == (GENES, 5) and found.dtype == np.int64
    assert found[:4, 0].tolist() == [1, 0, 3, 2] and beyond[:4, 0].all()
    assert not (found == np.arange(GENES)[:, None]).any()
    assert all(len(set(row)) == 5 for row in found.tolist())


def test_scores_are_squared_correlations_within_contexts_less_what_chance_brings(
    residuals: np.ndarray, labels: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coexpression, "LEAST_SPREAD", 0)
    scores = np.zeros((GENES, GENES))
    for label, number in zip(*np.unique(labels, return_counts=True), strict=True):
        square = np.corrcoef(residuals[labels == label].astype(float), rowvar=False) ** 2
        scores += number * np.maximum(square - 1 / number, 0)
    np.fill_diagonal(scores, -1)
    found, _ = neighbours(residuals, labels, 3, seed=1)
    np.testing.assert_array_equal(found[:, 0], scores.argmax(axis=1))


def test_chance_gives_few_genes_an_edge(residuals: np.ndarray, labels: np.ndarray) -> None:
    _, beyond = neighbours(residuals, labels, 5, seed=1)
    assert beyond[4:].any(axis=1).mean() < 0.15


def test_blocks_of_genes_change_nothing(
    residuals: np.ndarray, labels: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = neighbours(residuals, labels, 4, seed=1)
    monkeypatch.setattr(coexpression, "AT_ONCE", 3 * GENES)
    for one, other in zip(whole, neighbours(residuals, labels, 4, seed=1), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_gene_that_does_not_vary_goes_with_none(residuals: np.ndarray, labels: np.ndarray) -> None:
    residuals[:, 0] = 1
    found, beyond = neighbours(residuals, labels, 4, seed=1)
    assert not beyond[0].any() and not (found[beyond] == 0).any()


def test_what_is_left_of_a_train_sample_is_by_factors_that_have_not_seen_it() -> None:
    generator = np.random.default_rng(0)
    base = filled_base(12, factors=3)
    base.held_out = base.loadings + 0.1 * torch.randn((FOLDS, 12, 3), generator=torch.Generator().manual_seed(0))
    base.known[7] = False
    train = generator.uniform(0, 8, (20, 12)).astype(np.float32)
    train[3, 5] = np.nan
    folds = np.arange(20) % FOLDS
    residuals, coordinates = left(base, train, folds)
    assert residuals[3, 5] == 0 and not residuals[:, 7].any()
    for row in (3, 11):
        values = torch.from_numpy(train[row : row + 1])
        measured = values.isfinite() & base.known
        said = base.factors(values, measured, int(folds[row]))
        expected = (base.deviations(values, measured) - said.deviation)[0].numpy()
        np.testing.assert_allclose(residuals[row], np.where(measured[0], expected, 0), rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(coordinates[row], (said.coordinates / base.sizes)[0], rtol=1e-4, atol=1e-5)


def test_contexts_are_clusters(labels: np.ndarray) -> None:
    centres = np.array([[0, 0], [9, 0], [0, 9]], np.float32)
    points = centres[labels] + np.random.default_rng(0).normal(0, 0.5, (SAMPLES, 2)).astype(np.float32)
    found = contexts(points, 3, seed=1)
    assert len({(mine, other) for mine, other in zip(labels, found.labels, strict=True)}) == 3
    np.testing.assert_allclose(found.centres[found.labels[[0, 200, 299]]], centres, atol=0.2)
    assert found.variance == pytest.approx(0.25, rel=0.15)
    assert contexts(np.ones((5, 2), np.float32), 1, seed=1).variance > 0
