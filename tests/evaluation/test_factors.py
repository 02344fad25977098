"""Factors are those of the textbook."""

from __future__ import annotations

import numpy as np
import pytest

from workflow_scripts.evaluation.factors import FIRST_NOISE, FIRST_SHARE, SHRINKAGE, fit, fit_noise_per_gene


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
    covariance = vectors[:, -3:] @ np.diag(values[-3:] - factors.noise[0]) @ vectors[:, -3:].T
    np.testing.assert_allclose(factors.loadings @ factors.loadings.T, covariance, atol=1e-2)
    np.testing.assert_allclose(factors.noise, 0.25, rtol=0.1)


def test_the_noise_is_that_of_other_samples(centred: np.ndarray) -> None:
    """Of few samples the likeliest noise (equation 8) is far too small; that of samples left out is not."""
    few = centred[:24] - centred[:24].mean(0)
    (factors,) = fit(few, [12], seed=1)
    likeliest = np.linalg.eigvalsh(few.T.astype(float) @ few / len(few))[:-12].mean()
    assert likeliest < 0.1 < 0.2 < factors.noise[0] < 0.5


def test_one_decomposition_serves_every_number(centred: np.ndarray) -> None:
    few, many = fit(centred, [2, 5], seed=1)
    assert few.loadings.shape == (30, 2) and many.loadings.shape == (30, 5)
    directions = [loadings / np.linalg.norm(loadings, axis=0) for loadings in (few.loadings, many.loadings)]
    np.testing.assert_allclose(directions[0], directions[1][:, :2], atol=1e-5)


def test_the_seed_decides_which_samples_are_left_out(centred: np.ndarray) -> None:
    (first,), (again,), (other,) = (fit(centred[:40], [3], seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.loadings, again.loadings)
    assert first.noise[0] == again.noise[0]
    assert abs(other.noise[0] - first.noise[0]) > 1e-3  # far more than the rounding of another decomposition


def test_every_sample_is_left_out_once() -> None:
    """Of samples that lie on one axis each, what is left of a sample left out is all that it holds."""
    centred = np.diag(np.arange(1.0, 13)).astype(np.float32)
    (factors,) = fit(centred, [2], seed=1)
    assert factors.noise[0] == pytest.approx(np.square(np.arange(1, 13)).sum() / (12 * (12 - 2)), rel=1e-5)


def test_components_weaker_than_the_noise_have_no_loadings(centred: np.ndarray) -> None:
    (factors,) = fit(centred, [6], seed=1)
    sizes = np.linalg.norm(factors.loadings, axis=0)
    assert (sizes[:3] > 2).all() and (sizes[3:] < 0.4).all()


@pytest.fixture(scope="module")
def unequal() -> np.ndarray:
    """60 samples of three factors in 12 genes; the noise of the last gene is 20 times that of the first."""
    generator = np.random.default_rng(1)
    noise = np.linspace(0.1, 2, 12)
    x = generator.normal(size=(60, 3)) @ (2 * generator.normal(size=(3, 12))) + noise * generator.normal(size=(60, 12))
    return (x - x.mean(0)).astype(np.float32)


def analysis(centred: np.ndarray, noise: np.ndarray, number: int) -> np.ndarray:
    """The loadings by eigenvectors: D^1/2 U (L - 1)^1/2 of the covariance of genes brought to noise 1."""
    scaled = centred.astype(float) / np.sqrt(noise)
    values, vectors = np.linalg.eigh(scaled.T @ scaled / len(scaled))
    return np.sqrt(noise)[:, None] * vectors[:, -number:] * np.sqrt(np.maximum(values[-number:] - 1, 0))


@pytest.mark.parametrize("number", [2, 3, 5])
def test_the_noise_of_a_gene_is_its_error_in_other_samples_given_the_other_genes(
    unequal: np.ndarray, number: int
) -> None:
    """One value at a time, from the covariance of all others; the five parts are those of the seed."""
    genes = unequal.shape[1]
    first = FIRST_SHARE * np.square(unequal, dtype=float).mean(0) + FIRST_NOISE
    part = np.random.default_rng(1).permutation(len(unequal)) % 5
    error = np.zeros(genes)
    for left_out in range(5):
        loadings = analysis(unequal[part != left_out], first, number)
        covariance, other = loadings @ loadings.T + np.diag(first), unequal[part == left_out]
        for gene in range(genes):
            others = np.arange(genes) != gene
            weights = np.linalg.solve(covariance[np.ix_(others, others)], covariance[others, gene])
            error[gene] += np.square(other[:, gene] - other[:, others] @ weights).sum()
    error /= len(unequal)
    expected = (1 - SHRINKAGE) * error + SHRINKAGE * error.mean()
    (factors,) = fit_noise_per_gene(unequal, np.ones_like(unequal), [number], seed=1)
    np.testing.assert_allclose(factors.noise, expected, rtol=1e-3)
    loadings = analysis(unequal, expected, number)
    np.testing.assert_allclose(factors.loadings @ factors.loadings.T, loadings @ loadings.T, atol=1e-2)
    assert factors.noise[-1] > 3 * factors.noise[0]


def test_each_number_of_factors_is_fitted_as_if_alone(unequal: np.ndarray) -> None:
    measured = np.ones_like(unequal)
    together = fit_noise_per_gene(unequal, measured, [2, 5], seed=1)
    for number, found in zip([2, 5], together, strict=True):
        (alone,) = fit_noise_per_gene(unequal, measured, [number], seed=1)
        assert found.loadings.shape == (12, number) and found.loadings.dtype == found.noise.dtype == np.float32
        np.testing.assert_allclose(found.noise, alone.noise, rtol=1e-3)
        np.testing.assert_allclose(found.loadings @ found.loadings.T, alone.loadings @ alone.loadings.T, atol=1e-2)


def test_only_measured_values_tell_of_the_noise_of_a_gene(unequal: np.ndarray) -> None:
    """A gene that half of the samples lack is as noisy as ever; one that none measures is the mean of the rest."""
    measured = np.ones_like(unequal)
    measured[::2, 11], measured[:, 5] = 0, 0
    (whole,) = fit_noise_per_gene(unequal, np.ones_like(unequal), [3], seed=1)
    (found,) = fit_noise_per_gene(unequal * measured, measured, [3], seed=1)
    assert found.noise[11] == pytest.approx(whole.noise[11], rel=0.4)
    known = np.arange(12) != 5
    assert found.noise[5] == pytest.approx(found.noise[known].mean(), rel=1e-4)
    assert np.isfinite(found.loadings).all() and np.abs(found.loadings[5]).max() < 1e-6


def test_the_same_seed_gives_the_same_factors_of_genes_with_a_noise_each(unequal: np.ndarray) -> None:
    measured = np.ones_like(unequal)
    first, again, other = (fit_noise_per_gene(unequal, measured, [3], seed=seed)[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.loadings, again.loadings)
    np.testing.assert_array_equal(first.noise, again.noise)
    assert np.abs(other.noise - first.noise).max() > 1e-3
