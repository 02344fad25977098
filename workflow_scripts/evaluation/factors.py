"""Latent factors of expression: Gaussian factors of a sample, and a cross-validated noise of each gene.

Two models: probabilistic PCA (Tipping and Bishop 1999), with the same noise in all genes, and factor analysis, with a
noise of each gene.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from sklearn.utils.extmath import randomized_svd

FOLDS = 5
LEAST_NOISE = 1e-6  # ln(TPM+1)^2
# Factor analysis: the noise that it starts from, and how far that of a gene is drawn to the mean of all genes.
FIRST_SHARE, FIRST_NOISE = 0.09, 0.01  # share of the variance of a gene, and what is added, ln(TPM+1)^2
SHRINKAGE = 0.1


class Factors(NamedTuple):
    """Of a value less the mean of its gene: loadings @ scores + noise, scores of mean 0 and variance 1."""

    loadings: np.ndarray  # (G, K) float32, ln(TPM+1) per standard deviation of a factor
    noise: np.ndarray  # (G,) float32, variance of a value that the factors leave, ln(TPM+1)^2


def fit(centred: np.ndarray, numbers: list[int], seed: int) -> list[Factors]:
    """Probabilistic PCA for each number K of factors: loadings U (L - noise)^1/2, of the first K components.

    centred (N, G) float32: values less the mean of their gene, 0 where unmeasured. Each number is at
    least 1 and below N and G. The likeliest noise is the mean variance that is left of the very samples
    that the components were fitted to; with hundreds of samples it is several times too small, and hidden
    values are predicted worse. So it is measured on samples left out of the fit, in five parts.
    """
    axes, variance = components(centred, max(numbers), seed)
    noise = _left_out(centred, numbers, seed)

    def of(number: int) -> Factors:
        sizes = np.sqrt(np.maximum(variance[:number] - noise[number], 0))
        loadings = (axes[:number].T * sizes).astype(np.float32)
        return Factors(loadings, np.full(len(loadings), noise[number], np.float32))

    return [of(number) for number in numbers]


def given_noise(centred: np.ndarray, noise: np.ndarray, number: int, seed: int) -> Factors:
    """The likeliest loadings (Joreskog 1967) of so many factors, given the noise (G,) of each gene.

    Those of principal components of genes brought to noise 1, and 0 where there are fewer. centred as for `fit`.
    """
    size = np.sqrt(noise)
    axes, variance = components(centred / size, min(number, *centred.shape), seed)
    loadings = np.zeros((len(noise), number), np.float32)
    loadings[:, : len(axes)] = size[:, None] * axes.T * np.sqrt(np.maximum(variance - 1, 0))
    return Factors(loadings, noise)


def fit_noise_per_gene(centred: np.ndarray, measured: np.ndarray, numbers: list[int], seed: int) -> list[Factors]:
    """Factor analysis for each number K of factors: those of probabilistic PCA of genes brought to noise 1.

    centred and numbers as for `fit`; measured (N, G) float32, 1 where a value is measured and 0 elsewhere. The loadings
    are the likeliest, given the noise; but the likeliest noise is too small, as for `fit`. So that of a gene is the
    squared error of its values in samples left out of a first fit, predicted from the other genes of the sample, and
    drawn a tenth of the way to the mean of all genes. Doing so again predicts no better.
    """
    counts = measured.sum(0, dtype=np.float64)
    known = counts > 0
    spread = np.square(centred, dtype=np.float64).sum(0) / np.maximum(counts, 1)
    first = (FIRST_SHARE * spread + FIRST_NOISE).astype(np.float32)
    squared = _error_of_each_gene(centred, measured, first, numbers, seed)

    def of(number: int) -> Factors:
        left = squared[number] / np.maximum(counts, 1)
        mean = left[known].mean()
        left = np.where(known, (1 - SHRINKAGE) * left + SHRINKAGE * mean, mean)
        return given_noise(centred, np.maximum(left, LEAST_NOISE).astype(np.float32), number, seed)

    return [of(number) for number in numbers]


def components(centred: np.ndarray, number: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The first principal axes (number, G) and the variance (number,) float64 along each, of centred (N, G)."""
    _, singular, axes = randomized_svd(centred, number, random_state=seed)
    return axes, singular.astype(np.float64) ** 2 / len(centred)


def _left_out(centred: np.ndarray, numbers: list[int], seed: int) -> dict[int, float]:
    """Variance of a value that each number of components leaves in samples that they were not fitted to."""
    samples, genes = centred.shape
    left = dict.fromkeys(numbers, 0.0)
    for part in _parts(samples, seed):
        axes, _ = _components_without(part, centred, max(numbers), seed)
        other = centred[part]
        explained = np.cumsum(np.square(other @ axes.T, dtype=np.float64).sum(0))
        total = np.square(other, dtype=np.float64).sum()
        for number in numbers:
            left[number] += total - explained[min(number, len(explained)) - 1]
    return {number: max(sum_of / (samples * (genes - number)), LEAST_NOISE) for number, sum_of in left.items()}


def _error_of_each_gene(
    centred: np.ndarray, measured: np.ndarray, noise: np.ndarray, numbers: list[int], seed: int
) -> dict[int, np.ndarray]:
    """Sum (G,) float64 over measured values of the squared error of each, predicted from the others of its sample.

    Of samples that the factors, with this noise, were not fitted to. Of a Gaussian with the precision matrix P, the
    error of one value given all others is (P x)_g / P_gg; that of genes brought to noise 1 is I - V^T (1 - 1/L) V, with
    the axes V and their variances L, where these are above 1.
    """
    size = np.sqrt(noise)
    scaled = centred / size
    squared = {number: np.zeros(len(noise)) for number in numbers}
    for part in _parts(len(centred), seed):
        axes, variance = _components_without(part, scaled, max(numbers), seed)
        share = (1 - 1 / np.maximum(variance, 1)).astype(np.float32)
        other = scaled[part]
        scores = other @ axes.T * share
        for number in numbers:
            first = axes[:number]
            error = (other - scores[:, :number] @ first) / (1 - share[:number] @ np.square(first))
            squared[number] += np.square(error * size * measured[part], dtype=np.float64).sum(0)
    return squared


def _parts(samples: int, seed: int) -> Iterator[np.ndarray]:
    """The samples (N,) bool of each of five parts, or of as many as there are samples."""
    fold = np.random.default_rng(seed).permutation(samples) % min(FOLDS, samples)
    return (fold == part for part in np.unique(fold))


def _components_without(part: np.ndarray, centred: np.ndarray, number: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Components of the other samples, of which there are not more than samples."""
    fitted = centred[~part]
    return components(fitted, min(number, len(fitted)), seed)
