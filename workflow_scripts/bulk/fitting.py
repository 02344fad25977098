"""A base fitted to train samples; its factors are chosen on validation."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch

from workflow_scripts.bulk.base import FOLDS, Base
from workflow_scripts.evaluation import factors
from workflow_scripts.evaluation.factors import Factors
from workflow_scripts.evaluation.imputers import centre, from_factors

HIDDEN = 0.35  # share of the values of a sample that are hidden, to choose by
CHOICE = 4  # the first number of a seed: which of the independent streams it is
log = logging.getLogger(__name__)


def hide(values: np.ndarray, known: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Which measured values (N, G) of known genes (G,) are visible, and which are hidden, to choose by; both bool."""
    measured = np.isfinite(values) & known
    shown = np.random.default_rng([CHOICE, seed]).random(values.shape, np.float32) >= HIDDEN
    return measured & shown, measured & ~shown


class Learned(NamedTuple):
    """What a base is fitted to; values are ln(TPM+1) float32, NaN where unmeasured."""

    train: np.ndarray  # (N, G)
    folds: np.ndarray  # (N,) int64, 0 to FOLDS - 1; samples of one group have one
    validation: np.ndarray  # (V, G)


def fit_base(learned: Learned, statistics: pd.DataFrame, settings: dict[str, Any], seed: int) -> Base:
    """A Base of train samples.

    statistics: a Standardizer; settings: `bulk/runs/{run}/base`. Of the numbers in `factors`, and of one noise in all
    genes or one of each, those are chosen that predict hidden values of the validation split best. At most
    `kernel_samples` train samples, at random, are kept for kernel ridge regression.
    """
    known = statistics["mean"].notna().to_numpy()
    mean = np.where(known, statistics["mean"], 0).astype(np.float32)
    centred, measured = centre(np.where(known, learned.train, np.nan), mean)
    name, fitted = _choose(dict(_candidates(centred, measured, settings["factors"], seed)), learned, known, mean, seed)
    log.info("chosen on validation: %s", name)
    kept = np.random.default_rng(seed).permutation(len(centred))[: settings["kernel_samples"]]
    kept.sort()

    base = Base(len(mean), fitted.loadings.shape[1], len(kept))
    base.known.copy_(torch.from_numpy(known))
    base.mean.copy_(torch.from_numpy(mean))
    base.sd.copy_(torch.from_numpy(statistics["sd"].fillna(1.0).to_numpy()))
    base.loadings.copy_(torch.from_numpy(fitted.loadings))
    base.noise.copy_(torch.from_numpy(fitted.noise))
    for of_base, of_loadings in zip((base.axes, base.sizes), _axes(fitted.loadings), strict=True):
        of_base.copy_(torch.from_numpy(of_loadings))
    base.samples.copy_(torch.from_numpy(centred[kept]))
    base.measured.copy_(torch.from_numpy(measured[kept] > 0))
    return base


def hold_out(base: Base, train: np.ndarray, folds: np.ndarray, seed: int) -> None:
    """Let `base` know the loadings without each fold of train samples; the noise stays that of all.

    train (N, G), folds (N,): as of `Learned`.
    """
    noise, number = base.noise.cpu().numpy(), base.loadings.shape[1]
    centred, _ = centre(np.where(base.known.cpu().numpy(), train, np.nan), base.mean.cpu().numpy())
    loadings = [factors.given_noise(centred[folds != fold], noise, number, seed).loadings for fold in range(FOLDS)]
    base.held_out = torch.from_numpy(np.stack(loadings)).to(base.mean.device)


def _candidates(
    centred: np.ndarray, measured: np.ndarray, numbers: list[int], seed: int
) -> Iterator[tuple[str, Factors]]:
    """Factors by name."""
    most = max(1, min(centred.shape) - 1)
    numbers = sorted({min(number, most) for number in numbers})
    for number, found in zip(numbers, factors.fit(centred, numbers, seed), strict=True):
        yield f"{number} factors, one noise", found
    for number, found in zip(numbers, factors.fit_noise_per_gene(centred, measured, numbers, seed), strict=True):
        yield f"{number} factors, a noise of each gene", found


def _choose(
    candidates: dict[str, Factors], learned: Learned, known: np.ndarray, mean: np.ndarray, seed: int
) -> tuple[str, Factors]:
    """The candidate with the least squared error of hidden values of the validation split; the first of equals."""
    values = learned.validation
    visible, hidden = hide(values, known, seed)
    errors = {}
    for name, of in candidates.items():
        missed = (from_factors(of, mean, values, visible) - values)[hidden]
        errors[name] = float(np.square(missed, dtype=np.float64).mean()) if len(missed) else 0.0
        log.info("%s: squared error %.4f of hidden values of the validation split", name, errors[name])
    best = min(errors, key=errors.__getitem__)
    return best, candidates[best]


def _axes(loadings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Orthonormal axes (G, K) float32 of what loadings (G, K) span, 0 where they span less, and their sizes (K,)."""
    axes, sizes, _ = np.linalg.svd(loadings.astype(np.float64), full_matrices=False)
    some = sizes > sizes[0] * max(loadings.shape) * np.finfo(np.float32).eps
    return np.where(some, axes, 0).astype(np.float32), np.where(some, sizes, 1).astype(np.float32)
