"""What models of enhancers see of candidate pairs: numbers of one scale, and the contact-weighted activity of elements.

N pairs, F features.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from workflow_scripts.contracts.enhancer_pairs import PREFIX

NEAR = 5_000  # bp that are added to each distance: below it contact is not told apart (Fulco et al. 2019)
CONTACT = 0.87  # exponent of contact over distance, of K562 Hi-C (Nasser et al. 2021)


class Candidates(NamedTuple):
    """Pairs as models see them."""

    x: np.ndarray  # (N, 1 + F) float64, NaN where unknown: ln(distance + 5 kb), then the features
    regulated: np.ndarray  # (N,) float64, 0 or 1; NaN where that is not known, or held out
    chrom: np.ndarray  # (N,) str
    gene: np.ndarray  # (N,) str, no two of them on different chromosomes
    distance: np.ndarray  # (N,) float64, bp
    activity: np.ndarray  # (N,) float64: activity x contact


def candidates(pairs: pd.DataFrame, scales: dict[str, str], activity: list[str]) -> Candidates:
    """Of EnhancerPairs. scales: {feature: `log`, which takes ln(1 + value), or `linear`}; activity: see there."""
    distance = pairs["distance"].to_numpy(float)
    columns = [np.log(distance + NEAR)]
    for name, scale in scales.items():
        values = pairs[PREFIX + name].to_numpy(float)
        columns.append(np.log1p(values) if scale == "log" else values)
    return Candidates(
        x=np.stack(columns, axis=1),
        regulated=pairs["regulated"].to_numpy(float, na_value=np.nan),
        chrom=pairs["chrom"].to_numpy(str),
        gene=(pairs["chrom"] + ":" + pairs["gene"]).to_numpy(str),
        distance=distance,
        activity=contact_activity(pairs[[PREFIX + name for name in activity]].to_numpy(float), distance),
    )


def contact_activity(signal: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """Activity x contact (N,) float64: the geometric mean of signal (N, K) over (distance + 5 kb)^0.87.

    As the activity-by-contact model (Fulco et al. 2019) without its sum over the elements of a gene, and with contact
    by a power of distance (bp). An element whose signal is not known has none.
    """
    strength = np.prod(signal, axis=1) ** (1 / signal.shape[1])
    return np.nan_to_num(strength) / (distance + NEAR) ** CONTACT


class Standardizer(NamedTuple):
    """Mean and standard deviation (F,) of features over train pairs."""

    mean: np.ndarray
    sd: np.ndarray

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """x (N, F) in standard deviations from the mean; what is unknown is the mean."""
        return np.nan_to_num((x - self.mean) / self.sd)


def fit_standardizer(x: np.ndarray) -> Standardizer:
    """Of train pairs x (N, F) float64, NaN where unknown; a feature that does not vary has the spread 1."""
    known = np.isfinite(x)
    count = np.maximum(known.sum(0), 1)
    mean = np.where(known, x, 0).sum(0) / count
    sd = np.sqrt((np.where(known, x - mean, 0) ** 2).sum(0) / count)
    return Standardizer(mean, np.where(sd > 1e-9 * np.maximum(1, np.abs(mean)), sd, 1.0))
