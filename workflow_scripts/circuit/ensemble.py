"""Intervals by the spread of an ensemble; with numpy alone.

Members are taken for draws of one distribution, and what is asked after for another draw of it. Of K members with the
standard deviation s (of a sample, with K - 1 below), and a centre that is the mean of n of them, it lies in

    centre +- t(K - 1) s sqrt(1 + 1 / n)

where t is the quantile of Student's distribution with K - 1 degrees of freedom. Whether that holds of what is measured
is scored, as coverage: members share their experiments and their form, may all be wrong alike, and know no noise of a
measurement.
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
    sd: np.ndarray  # over the members, with M below
    low: np.ndarray  # ends of the interval
    high: np.ndarray


def spread(members: np.ndarray) -> Spread:
    """Mean, sd and interval of numbers (M, ...)."""
    mean, sd = members.mean(0), members.std(0)
    half = half_width(sd, len(members), len(members))
    return Spread(mean, sd, mean - half, mean + half)


def half_width(sd: np.ndarray, members: int, centre: int) -> np.ndarray:
    """Half of the interval, of an sd over members (with their number below) and the mean of `centre` of them.

    NaN of a single member, which has no spread.
    """
    if members < 2:
        return np.full_like(sd, np.nan)
    of_sample = sd * sqrt(members / (members - 1))
    return student(members - 1) * of_sample * sqrt(1 + 1 / centre)


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
