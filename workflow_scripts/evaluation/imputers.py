"""Imputers: baselines that predict hidden expression values from the visible ones of a sample.

Each is one function, named in the registry `models.py`: from the train samples and the imputation section of the
configuration to the candidates it offers, by setting. The candidate with the least squared error on the validation
split is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from workflow_scripts.evaluation.factors import Factors, fit

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
    squared = centred**2

    def impute(k: int, values: np.ndarray, visible: np.ndarray) -> np.ndarray:
        x, seen = centre(np.where(visible, values, np.nan), mean)
        shared = seen @ measured.T
        distance = x**2 @ measured.T - 2 * x @ centred.T + seen @ squared.T
        distance = np.where(shared > 0, distance / np.maximum(shared, 1), np.inf)
        nearest = np.argpartition(distance, k - 1, axis=1)[:, :k]
        predicted = np.empty_like(x)
        for row, neighbours in enumerate(nearest):
            predicted[row] = centred[neighbours].sum(0) / np.maximum(measured[neighbours].sum(0), 1)
        return predicted + mean

    allowed = sorted({min(k, len(train)) for k in spec["neighbours"]})
    return {f"{k} neighbours": lambda values, visible, k=k: impute(k, values, visible) for k in allowed}


def pca_imputer(train: np.ndarray, mean: np.ndarray, spec: dict[str, Any]) -> dict[str, Imputer]:
    """Probabilistic PCA (see `evaluation/factors`), for each number in `pca_components`."""
    centred, _ = centre(train, mean)
    most = min(centred.shape) - 1
    if most < 1:
        return gene_mean(train, mean, spec)
    numbers = sorted({min(number, most) for number in spec["pca_components"]})

    fitted = zip(numbers, fit(centred, numbers, spec["seed"]), strict=True)
    return {f"{n} components": partial(_from_factors, of, mean) for n, of in fitted}


def _from_factors(of: Factors, mean: np.ndarray, values: np.ndarray, visible: np.ndarray) -> np.ndarray:
    """The posterior mean of the factors given the visible genes, put back through the loadings."""
    x, seen = centre(np.where(visible, values, np.nan), mean)
    size = np.sqrt(of.noise)
    scaled = of.loadings / size[:, None]
    towards = x / size @ scaled
    scores = np.empty_like(towards)
    for row, genes in enumerate(seen > 0):
        kept = scaled[genes]
        scores[row] = np.linalg.solve(kept.T @ kept + np.eye(kept.shape[1]), towards[row])
    return scores @ of.loadings.T + mean


def centre(values: np.ndarray, mean: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (values less `mean`, 0 where unmeasured; 1 where measured and 0 elsewhere), both float32."""
    measured = np.isfinite(values)
    return np.where(measured, values - mean, 0).astype(np.float32), measured.astype(np.float32)
