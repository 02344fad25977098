"""Intervals by the spread of an ensemble, of what is never measured, as the weight of an edge; with numpy alone.

Members are taken for draws of one distribution, and what is asked after for another draw of it. Of K members with the
standard deviation s (of a sample, with K - 1 below) it lies in

    mean +- t(K - 1) s sqrt(1 + 1 / K)

where t is the quantile of Student's distribution with K - 1 degrees of freedom. Members share their experiments and
their form, and may all be wrong alike. Of what is measured `calibration` has intervals that know the errors of members.
"""

from __future__ import annotations

from math import atan, cos, pi, sin, sqrt
from typing import NamedTuple

import numpy as np

LEVEL = 0.9  # of confidence
FARTHEST = 1000.0  # sds, beyond the quantile of any number of members


class Spread(NamedTuple):
    """Of numbers of M members, axis 0 of what `spread` is given."""

    mean: np.ndarray
    low: np.ndarray  # ends of the interval
    high: np.ndarray


def spread(members: np.ndarray) -> Spread:
    """Mean and interval of numbers (M, ...); NaN of the interval of a single member, which has no spread."""
    number, mean = len(members), members.mean(0)
    if number < 2:
        return Spread(mean, np.full_like(mean, np.nan), np.full_like(mean, np.nan))
    half = student(number - 1) * members.std(0, ddof=1) * sqrt(1 + 1 / number)
    return Spread(mean, mean - half, mean + half)


def student(freedom: int) -> float:
    """The t that Student's distribution lies within, +-t, with the probability LEVEL."""
    low, high = 0.0, FARTHEST
    for _ in range(80):  # halvings, to the last bit
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < LEVEL else (low, middle)
    return high


def _within(t: float, freedom: int) -> float:
    """P(|T| <= t) as a finite sum (Abramowitz and Stegun 1964, 26.7.3 and 26.7.4)."""
    angle = atan(t / sqrt(freedom))
    odd = freedom % 2
    term = total = cos(angle) if odd else 1.0
    for number in range(2 + odd, freedom, 2):
        term *= cos(angle) ** 2 * (number - 1) / number
        total += term
    if not odd:
        return sin(angle) * total
    return 2 / pi * (angle + (sin(angle) * total if freedom > 1 else 0.0))
