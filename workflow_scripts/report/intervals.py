"""Intervals of a median and of a share, at the one level of confidence of all scores."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

import numpy as np

LEVEL = 0.95  # of the intervals here, and of those of the contract Metrics
Z = NormalDist().inv_cdf((1 + LEVEL) / 2)


def median_interval(values: np.ndarray) -> tuple[float, float, float]:
    """Median of `values` and its interval from order statistics (Conover 1999, section 3.2).

    The ranks are those of the normal approximation to the binomial; no distribution is assumed.
    """
    ordered = np.sort(values)
    count = len(ordered)
    reach = Z * sqrt(count) / 2
    low = max(0, int(np.floor(count / 2 - reach)))
    high = min(count - 1, int(np.ceil(count / 2 + reach)) - 1)
    return float(np.median(ordered)), float(ordered[low]), float(ordered[max(high, low)])


def wilson_interval(hits: int, count: int) -> tuple[float, float]:
    """Interval of a share (Wilson 1927, doi:10.1080/01621459.1927.10502953)."""
    share = hits / count
    centre = share + Z**2 / (2 * count)
    reach = Z * sqrt(share * (1 - share) / count + Z**2 / (4 * count**2))
    return max(0.0, (centre - reach) / (1 + Z**2 / count)), min(1.0, (centre + reach) / (1 + Z**2 / count))
