"""Factors are those of the textbook."""

from __future__ import annotations

import numpy as np
import pytest

from workflow_scripts.evaluation.factors import fit


@pytest.fixture(scope="module")
def centred() -> np.ndarray:
    """400 samples of three factors and noise of variance 0.25 in 30 genes."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(400, 3)) @ (2 * generator.normal(size=(3, 30))) + 0.5 * generator.normal(size=(400, 30))
    return (x - x.mean(0)).astype(np.float32)


def test_loadings_are_the_components_beyond_the_noise(centred: np.ndarray) -> None:
    """W W^T = U (L - noise) U^T, with the largest eigenvalues L of the covariance (equation 7)."""
    (factors,) = fit(centred, [3], seed=1)
    values, vectors = np.linalg.eigh(centred.T.astype(float) @ centred / len(centred))
    covariance = vectors[:, -3:] @ np.diag(values[-3:] - factors.noise) @ vectors[:, -3:].T
    np.testing.assert_allclose(factors.loadings @ factors.loadings.T, covariance, atol=1e-2)
    assert factors.noise == pytest.approx(0.25, rel=0.1)


def test_the_noise_is_that_of_other_samples(centred: np.ndarray) -> None:
    """Of few samples the likeliest noise (equation 8) is far too small; that of samples left out is not."""
    few = centred[:24] - centred[:24].mean(0)
    (factors,) = fit(few, [12], seed=1)
    likeliest = np.linalg.eigvalsh(few.T.astype(float) @ few / len(few))[:-12].mean()
    assert likeliest < 0.1 < 0.2 < factors.noise < 0.5


def test_one_decomposition_serves_every_number(centred: np.ndarray) -> None:
    few, many = fit(centred, [2, 5], seed=1)
    assert few.loadings.shape == (30, 2) and many.loadings.shape == (30, 5)
    directions = [loadings / np.linalg.norm(loadings, axis=0) for loadings in (few.loadings, many.loadings)]
    np.testing.assert_allclose(directions[0], directions[1][:, :2], atol=1e-5)


def test_the_seed_decides_which_samples_are_left_out(centred: np.ndarray) -> None:
    (first,), (again,), (other,) = (fit(centred[:40], [3], seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.loadings, again.loadings)
    assert first.noise == again.noise
    assert abs(other.noise - first.noise) > 1e-3  # far more than the rounding of another decomposition


def test_every_sample_is_left_out_once() -> None:
    """Of samples that lie on one axis each, what is left of a sample left out is all that it holds."""
    centred = np.diag(np.arange(1.0, 13)).astype(np.float32)
    (factors,) = fit(centred, [2], seed=1)
    assert factors.noise == pytest.approx(np.square(np.arange(1, 13)).sum() / (12 * (12 - 2)), rel=1e-5)


def test_components_weaker_than_the_noise_have_no_loadings(centred: np.ndarray) -> None:
    (factors,) = fit(centred, [6], seed=1)
    sizes = np.linalg.norm(factors.loadings, axis=0)
    assert (sizes[:3] > 2).all() and (sizes[3:] < 0.4).all()
