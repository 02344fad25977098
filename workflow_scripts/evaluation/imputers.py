"""Imputers: baselines that predict hidden expression values from the visible ones of a sample.

Each is one function, named in the registry `models.py`: from the train samples and the imputation section of the
configuration to the candidates it offers, by setting; or, where the registry names its parts, from the candidates of
these. The candidate with the least squared error on the validation split is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import torch

from workflow_scripts.evaluation import kernel_ridge, posterior
from workflow_scripts.evaluation.factors import Factors, fit, fit_noise_per_gene

WEIGHTS = 10  # steps from one part of a stack to the other

# From values (N, G), of which only the visible (N, G) bool are looked at, to predictions (N, G).
Imputer = Callable[[np.ndarray, np.ndarray], np.ndarray]


def gene_mean(train: np.ndarray, mean: np.ndarray, spec: dict[str, Any]) -> dict[str, Imputer]:
    """The train mean of each gene, whatever the sample."""
    return {"": lambda values, visible: np.broadcast_to(mean, values.shape)}


def knn_imputer(train: np.ndarray, mean: np.ndarray, spec: dict[str, Any]) -> dict[str, Imputer]:
    """The mean of the k nearest train samples (Troyanskaya et al. 2001), for each k in `neighbours`.

    Near is the mean squared difference over the genes that are visible here and measured there.
    """
    centred, measured = centre(train, mean)

    def impute(k: int, values: np.ndarray, visible: np.ndarray) -> np.ndarray:
        x, seen = centre(np.where(visible, values, np.nan), mean)
        nearest = _nearest(k, x, seen, centred, measured)
        predicted = np.empty_like(x)
        for row, neighbours in enumerate(nearest):
            predicted[row] = centred[neighbours].sum(0) / np.maximum(measured[neighbours].sum(0), 1)
        return predicted + mean

    allowed = sorted({min(k, len(train)) for k in spec["neighbours"]})
    return {f"{k} neighbours": lambda values, visible, k=k: impute(k, values, visible) for k in allowed}


def pca_imputer(train: np.ndarray, mean: np.ndarray, spec: dict[str, Any]) -> dict[str, Imputer]:
    """Probabilistic PCA (see `evaluation/factors`), for each number in `pca_components`."""
    centred, _ = centre(train, mean)
    if numbers := _numbers(spec["pca_components"], centred):
        fitted = zip(numbers, fit(centred, numbers, spec["seed"]), strict=True)
        return {f"{number} components": partial(from_factors, of, mean) for number, of in fitted}
    return gene_mean(train, mean, spec)


def factor_analysis_imputer(train: np.ndarray, mean: np.ndarray, spec: dict[str, Any]) -> dict[str, Imputer]:
    """Factors with a noise of each gene (see `evaluation/factors`), for each number in `factors`."""
    centred, measured = centre(train, mean)
    if numbers := _numbers(spec["factors"], centred):
        fitted = zip(numbers, fit_noise_per_gene(centred, measured, numbers, spec["seed"]), strict=True)
        return {f"{number} factors": partial(from_factors, of, mean) for number, of in fitted}
    return gene_mean(train, mean, spec)


def kernel_ridge_imputer(train: np.ndarray, mean: np.ndarray, spec: dict[str, Any]) -> dict[str, Imputer]:
    """Kernel ridge regression over train samples (Saunders et al. 1998), for each penalty in `kernel_penalties`.

    A sample is predicted from the `kernel_samples` train samples that are nearest to it; see `evaluation/kernel_ridge`.
    """
    of_train = kernel_ridge.samples(*map(torch.from_numpy, centre(train, mean)))

    def impute(penalty: float, values: np.ndarray, visible: np.ndarray) -> np.ndarray:
        x, seen = map(torch.from_numpy, centre(np.where(visible, values, np.nan), mean))
        return kernel_ridge.predict(of_train, x, seen > 0, penalty, spec["kernel_samples"]).numpy() + mean

    return {f"penalty {value:g}": partial(impute, value) for value in sorted(set(spec["kernel_penalties"]))}


def stacked_imputer(first: dict[str, Imputer], second: dict[str, Imputer]) -> dict[str, Imputer]:
    """Weighted means of two imputers (Breiman 1996), of any settings, with weights from 0 to 1."""

    def impute(of_first: Imputer, of_second: Imputer, weight: float, values: np.ndarray, visible: np.ndarray):
        return weight * of_first(values, visible) + (1 - weight) * of_second(values, visible)

    return {
        f"{step / WEIGHTS:g} of {one}, {1 - step / WEIGHTS:g} of {other}": partial(
            impute, first[one], second[other], step / WEIGHTS
        )
        for one, other, step in product(first, second, range(WEIGHTS + 1))
    }


def _numbers(wanted: list[int], centred: np.ndarray) -> list[int]:
    """The numbers of factors that so many samples and genes (N, G) allow; none where they allow none."""
    most = min(centred.shape) - 1
    return sorted({min(number, most) for number in wanted}) if most > 0 else []


def _nearest(number: int, x: np.ndarray, seen: np.ndarray, centred: np.ndarray, measured: np.ndarray) -> np.ndarray:
    """The train samples (B, number) nearest to each sample, by the mean squared difference over genes that both have.

    x, seen (B, G) and centred, measured (N, G): as of `centre`, of samples and of train samples.
    """
    if number == len(centred):
        return np.tile(np.arange(number), (len(x), 1))
    shared = seen @ measured.T
    distance = x**2 @ measured.T - 2 * x @ centred.T + seen @ (centred**2).T
    distance = np.where(shared > 0, distance / np.maximum(shared, 1), np.inf)
    return np.argpartition(distance, number - 1, axis=1)[:, :number]


def from_factors(of: Factors, mean: np.ndarray, values: np.ndarray, visible: np.ndarray) -> np.ndarray:
    """The posterior mean of the factors given the visible genes (see `evaluation/posterior`), through the loadings."""
    x, seen = centre(np.where(visible, values, np.nan), mean)
    loadings, noise = torch.from_numpy(of.loadings), torch.from_numpy(of.noise)
    rows = max(1, posterior.PRODUCTS_AT_ONCE // of.loadings.size)
    parts = zip(torch.from_numpy(x).split(rows), torch.from_numpy(seen > 0).split(rows), strict=True)
    scores = torch.cat([posterior.scores(*part, loadings, noise) for part in parts])
    return scores.numpy() @ of.loadings.T + mean


def centre(values: np.ndarray, mean: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (values less `mean`, 0 where unmeasured; 1 where measured and 0 elsewhere), both float32."""
    measured = np.isfinite(values)
    return np.where(measured, values - mean, 0).astype(np.float32), measured.astype(np.float32)
