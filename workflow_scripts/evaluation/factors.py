"""Latent factors of expression: probabilistic PCA (Tipping and Bishop 1999) with a cross-validated noise."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from sklearn.utils.extmath import randomized_svd

FOLDS = 5
LEAST_NOISE = 1e-6  # ln(TPM+1)^2


class Factors(NamedTuple):
    loadings: np.ndarray  # (G, K) float32, ln(TPM+1) per standard deviation of a factor
    noise: float  # variance of a value that the factors leave, ln(TPM+1)^2


def fit(centred: np.ndarray, numbers: list[int], seed: int) -> list[Factors]:
    """The factors for each number K of them: loadings U (L - noise)^1/2, of the first K components.

    centred (N, G) float32: values less the mean of their gene, 0 where unmeasured. Each number is at
    least 1 and below N and G. The likeliest noise is the mean variance that is left of the very samples
    that the components were fitted to; with hundreds of samples it is several times too small, and hidden
    values are predicted worse. So it is measured on samples left out of the fit, in five parts.
    """
    axes, variance = components(centred, max(numbers), seed)
    noise = _left_out(centred, numbers, seed)

    def of(number: int) -> Factors:
        sizes = np.sqrt(np.maximum(variance[:number] - noise[number], 0))
        return Factors((axes[:number].T * sizes).astype(np.float32), noise[number])

    return [of(number) for number in numbers]


def components(centred: np.ndarray, number: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The first principal axes (number, G) and the variance (number,) float64 along each, of centred (N, G)."""
    _, singular, axes = randomized_svd(centred, number, random_state=seed)
    return axes, singular.astype(np.float64) ** 2 / len(centred)


def _left_out(centred: np.ndarray, numbers: list[int], seed: int) -> dict[int, float]:
    """Variance of a value that each number of components leaves in samples that they were not fitted to."""
    samples, genes = centred.shape
    fold = np.random.default_rng(seed).permutation(samples) % min(FOLDS, samples)
    left = dict.fromkeys(numbers, 0.0)
    for part in np.unique(fold):
        fitted, other = centred[fold != part], centred[fold == part]
        axes, _ = components(fitted, min(max(numbers), len(fitted)), seed)
        explained = np.cumsum(np.square(other @ axes.T, dtype=np.float64).sum(0))
        total = np.square(other, dtype=np.float64).sum()
        for number in numbers:
            left[number] += total - explained[min(number, len(explained)) - 1]
    return {number: max(sum_of / (samples * (genes - number)), LEAST_NOISE) for number, sum_of in left.items()}
