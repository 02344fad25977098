"""Imputation in sums, and the metrics that are functions of them.

Sums (..., 6) hold n, x, y, xx, yy, xy over hidden values, x predicted and y true. They add up over samples, so memory
does not grow with samples, and a bootstrap over blocks of groups is a weighted sum. A correlation over all values
together is mostly about genes differing in their mean; so each score stands beside its share of what the train mean of
each gene leaves (skill), and beside correlations within genes and within samples.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

MIN_VALUES = 3  # hidden values that a gene or sample needs for a correlation


class Hidden(NamedTuple):
    """What is known of the hidden values of one model on one split, or on a resample of it."""

    genes: np.ndarray  # (G, 6) sums of each gene, x and y less its train mean
    mean: np.ndarray  # (G,) the train mean of each gene
    samples: np.ndarray  # (2,) sum of the samples' correlations, and how many have one


def pooled_pearson(hidden: Hidden) -> float:
    """Pearson's r over all hidden values together."""
    return float(pearson(shift(hidden.genes, hidden.mean).sum(0)))


def per_gene_pearson(hidden: Hidden) -> float:
    """Median over genes of r within a gene."""
    genes = gene_pearson(hidden.genes)
    return float(np.median(genes[np.isfinite(genes)])) if np.isfinite(genes).any() else np.nan


def per_sample_pearson(hidden: Hidden) -> float:
    """Mean over samples of r within a sample."""
    total, number = hidden.samples
    return float(total / number) if number else np.nan


def rmse(hidden: Hidden) -> float:
    """Root of the mean squared error, ln(TPM+1)."""
    number = hidden.genes[:, 0].sum()
    return float(np.sqrt(squared_error(hidden.genes).sum() / number)) if number else np.nan


def skill(hidden: Hidden) -> float:
    """1 less the squared error as a share of that of the train means; 1 is perfect, 0 no better than they."""
    of_means = hidden.genes[:, 4].sum()
    return float(1 - squared_error(hidden.genes).sum() / of_means) if of_means else np.nan


def pearson(sums: np.ndarray) -> np.ndarray:
    """Pearson's r of sums (..., 6); NaN where x or y does not vary."""
    n, x, y, xx, yy, xy = np.moveaxis(sums, -1, 0)
    spread_x, spread_y = n * xx - x * x, n * yy - y * y
    varies = (spread_x > 1e-9 * n * xx) & (spread_y > 1e-9 * n * yy)  # more than rounding
    below = np.sqrt(np.where(varies, spread_x * spread_y, 1.0))
    return np.where(varies, (n * xy - x * y) / below, np.nan)


def gene_pearson(sums: np.ndarray) -> np.ndarray:
    """r of each gene (G,) over samples; NaN where it does not vary or too few values are hidden."""
    return np.where(sums[:, 0] >= MIN_VALUES, pearson(sums), np.nan)


def squared_error(sums: np.ndarray) -> np.ndarray:
    """Sum of (x - y)^2 of sums (..., 6)."""
    return np.maximum(sums[..., 3] - 2 * sums[..., 5] + sums[..., 4], 0)  # rounding may go below 0


def shift(sums: np.ndarray, by: np.ndarray) -> np.ndarray:
    """The sums (..., G, 6) that x + by and y + by would have; by (G,)."""
    n, x, y, xx, yy, xy = np.moveaxis(sums, -1, 0)
    return np.stack(
        [
            n,
            x + n * by,
            y + n * by,
            xx + by * (2 * x + n * by),
            yy + by * (2 * y + n * by),
            xy + by * (x + y + n * by),
        ],
        axis=-1,
    )
