"""Probabilistic PCA (Tipping and Bishop 1999): latent factors of expression, fitted in closed form."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Factors(NamedTuple):
    loadings: np.ndarray  # (G, K) float32, ln(TPM+1) per standard deviation of a factor
    noise: float  # variance of a value that the factors leave, ln(TPM+1)^2


def fit(centred: np.ndarray, numbers: list[int], seed: int) -> list[Factors]:
    """The maximum-likelihood factors for each number of them.

    centred (N, G) float32: values less the mean of their gene, 0 where unmeasured. Each number is at
    least 1 and below N and G. One truncated SVD, of the largest number, serves all.
    """
    from sklearn.utils.extmath import randomized_svd

    samples, genes = centred.shape
    _, singular, axes = randomized_svd(centred, max(numbers), random_state=seed)
    variance = singular.astype(np.float64) ** 2 / samples
    total = np.square(centred, dtype=np.float64).sum() / samples

    def of(number: int) -> Factors:
        noise = max((total - variance[:number].sum()) / (genes - number), 1e-6)
        sizes = np.sqrt(np.maximum(variance[:number] - noise, 0))
        return Factors((axes[:number].T * sizes).astype(np.float32), noise)

    return [of(number) for number in numbers]
