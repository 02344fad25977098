"""Intervals: of scores by a bootstrap over groups, of a median, of a share; one level of confidence for all."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from scipy.stats import binomtest, norm

LEVEL = 0.95
Z = float(norm.ppf((1 + LEVEL) / 2))


def draws(groups: int, samples: int, seed: int) -> np.ndarray:
    """How often each of `groups` is drawn with replacement, float64, (samples, groups).

    No row where there is one group alone, which tells nothing of others. Two models that are scored on the same
    groups have the same draws, so that their resamples are paired.
    """
    generator = np.random.default_rng(seed)
    size = samples if groups > 1 else 0
    return generator.multinomial(groups, np.full(groups, 1 / groups), size=size).astype(float)


def same_groups(names: np.ndarray, spec: dict[str, Any]) -> str:
    """Digest of what two paired bootstraps share: samples, number and seed of the draws.

    names: (K, samples) str, what tells of a sample which it is and with which it is drawn; their order says nothing.
    """
    samples = sorted("\t".join(sample) for sample in names.T)
    draw = f"{spec['bootstrap_samples']} {spec['seed']}"
    return hashlib.sha256("\n".join([draw, *samples]).encode()).hexdigest()


def percentile_interval(replicates: np.ndarray) -> tuple[float, float]:
    """The percentiles of a bootstrap (Efron and Tibshirani 1993, ch. 13); undefined replicates tell nothing."""
    tail = (1 - LEVEL) / 2
    defined = replicates[np.isfinite(replicates)]
    low, high = np.quantile(defined, [tail, 1 - tail]) if len(defined) else (np.nan, np.nan)
    return float(low), float(high)


def normal_interval(value: float, replicates: np.ndarray) -> tuple[float, float]:
    """`value` +- so many standard deviations of its bootstrap (Efron and Tibshirani 1993, ch. 12)."""
    defined = replicates[np.isfinite(replicates)]
    margin = Z * np.std(defined) if len(defined) else np.nan
    return float(value - margin), float(value + margin)


def interval(level: str, value: float, replicates: np.ndarray) -> tuple[float, float]:
    """The interval of a number of the Metrics table, or of the difference of two; NaN where there is none.

    A gene has few hidden values, and drawing some of them twice pulls its correlation away from 0; so percentiles of
    resampled medians over genes can miss the value itself. Their spread is sound: that level has the normal interval.
    """
    if not np.isfinite(value) or not len(replicates):
        return np.nan, np.nan
    return normal_interval(value, replicates) if level == "per_gene" else percentile_interval(replicates)


def median_interval(values: np.ndarray) -> tuple[float, float, float]:
    """Median of `values` and its interval from order statistics (Conover 1999, section 3.2).

    The ranks are those of the normal approximation to the binomial; no distribution is assumed.
    """
    ordered = np.sort(values)
    count = len(ordered)
    reach = Z * np.sqrt(count) / 2
    low = max(0, int(np.floor(count / 2 - reach)))
    high = min(count - 1, int(np.ceil(count / 2 + reach)) - 1)
    return float(np.median(ordered)), float(ordered[low]), float(ordered[max(high, low)])


def wilson_interval(hits: int, count: int) -> tuple[float, float]:
    """Interval of a share (Wilson 1927, doi:10.1080/01621459.1927.10502953)."""
    found = binomtest(hits, count).proportion_ci(LEVEL, method="wilson")
    return float(found.low), float(found.high)
