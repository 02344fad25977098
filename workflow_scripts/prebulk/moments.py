"""Mean and sd of columns, block by block, in float64."""

from __future__ import annotations

import numpy as np


class Moments:
    """Count, mean and sum of squared deviations per gene, over the samples that measure it.

    Blocks are joined by the formula of Chan, Golub and LeVeque (1979), which stays exact where the textbook
    sum of squares cancels.
    """

    def __init__(self, genes: int) -> None:
        self.n = np.zeros(genes, np.int64)
        self.mean = np.zeros(genes)
        self.squares = np.zeros(genes)

    def add(self, x: np.ndarray) -> None:
        """Add a block (samples x genes; NaN: not measured)."""
        x = x.astype(np.float64)
        measured = ~np.isnan(x)
        n = measured.sum(axis=0)
        mean = np.where(measured, x, 0).sum(axis=0) / np.maximum(n, 1)
        squares = (np.where(measured, x - mean, 0) ** 2).sum(axis=0)
        total = self.n + n
        delta = mean - self.mean
        share = n / np.maximum(total, 1)
        self.mean = self.mean + delta * share
        self.squares = self.squares + squares + delta**2 * self.n * share
        self.n = total

    def sd(self) -> np.ndarray:
        """Standard deviation of the samples seen (divided by n); NaN where there is none."""
        with np.errstate(invalid="ignore"):
            return np.sqrt(self.squares / self.n)
