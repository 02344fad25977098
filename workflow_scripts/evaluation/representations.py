"""Representations of samples without a network, beside which the embeddings of models stand.

Each is one function, named in the registry `models.py`: from train samples (N, G) float32 ln(TPM+1), NaN where
unmeasured, and the mean (G,) of each gene over them to what makes vectors (M, d) float32 of samples (M, G).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.stats import rankdata

from workflow_scripts.evaluation.factors import components, fit_noise_per_gene
from workflow_scripts.evaluation.imputers import centre, from_factors

COMPONENTS = 50  # at most: as many as scanpy takes

Representation = Callable[[np.ndarray], np.ndarray]


def log_tpm(train: np.ndarray, mean: np.ndarray, seed: int) -> Representation:
    """ln(TPM+1) less the train mean of each gene, 0 where unmeasured."""
    return lambda values: centre(values, mean)[0]


def ranks(train: np.ndarray, mean: np.ndarray, seed: int) -> Representation:
    """The rank of a gene within its sample, as a share, less the train mean of these ranks; 0 where unmeasured."""
    of_train = _shares(train)
    measured = np.isfinite(of_train).sum(0)
    usual = (np.nansum(of_train, axis=0) / np.maximum(measured, 1)).astype(np.float32)
    usual = np.where(measured > 0, usual, np.float32(np.nan))
    return lambda values: centre(np.where(np.isfinite(usual), _shares(values), np.nan), np.nan_to_num(usual))[0]


def principal_components(train: np.ndarray, mean: np.ndarray, seed: int) -> Representation:
    """Scores along the first principal components of ln(TPM+1) of the train samples, not scaled."""
    axes, _ = components(centre(train, mean)[0], min(COMPONENTS, *train.shape), seed)
    return lambda values: centre(values, mean)[0] @ axes.T


def factor_scores(train: np.ndarray, mean: np.ndarray, seed: int) -> Representation:
    """What so many factors of factor analysis (see `evaluation/factors`) predict, in coordinates of its own space.

    So distances are those of the predicted profiles. Of one train sample there are no factors, but coordinates of 0.
    """
    centred, measured = centre(train, mean)
    number = min(COMPONENTS, min(train.shape) - 1)
    if number < 1:
        return lambda values: np.zeros((len(values), 1), np.float32)
    (of,) = fit_noise_per_gene(centred, measured, [number], seed)
    axes = np.linalg.svd(of.loadings, full_matrices=False).U
    return lambda values: (from_factors(of, mean, values, np.isfinite(values)) - mean) @ axes


def _shares(values: np.ndarray) -> np.ndarray:
    """The rank of each value among the measured ones of its row, from 0 to 1 (float32); NaN where unmeasured."""
    found = np.full(values.shape, np.nan, np.float32)
    for row, of in enumerate(values):
        measured = np.isfinite(of)
        found[row, measured] = (rankdata(of[measured]) - 0.5) / max(1, measured.sum())
    return found
