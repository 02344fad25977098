"""Scores of predicted expression values against the true ones, pooled, per gene and per sample.

A correlation over all values together is mostly about genes differing in their mean; so each score
stands beside its share of what the train mean of each gene leaves (skill), and beside correlations
within genes and within samples. All of them are functions of sums, which add up over samples: memory
does not grow with samples, and a bootstrap over blocks of groups is a weighted sum.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from workflow_scripts.training.scores import with_interval

BLOCKS = 64  # at most so many blocks of groups are resampled, which bounds memory
MIN_VALUES = 3  # hidden values that a gene or sample needs for a correlation


class Reconstruction:
    """Sums over the hidden values of one model on one split.

    `sums` (blocks, G, 6) holds, of each gene, n, x, y, xx, yy, xy with x predicted and y true, both
    less the train mean of the gene; `correlations` (blocks, 2) the sum of the samples' correlations
    and their number.
    """

    def __init__(self, mean: np.ndarray) -> None:
        self.mean = mean.astype(np.float64)  # (G,) the train mean of each gene, 0 where there is none
        self.blocks: dict[int, np.ndarray] = {}
        self.correlations: dict[int, np.ndarray] = {}

    def add(self, true: np.ndarray, predicted: np.ndarray, hidden: np.ndarray, blocks: np.ndarray) -> None:
        """Add N samples: true and predicted (N, G), hidden (N, G) bool (what is scored), blocks (N,) int."""
        y, x = (np.where(hidden, values - self.mean, 0.0) for values in (true, predicted))
        terms = np.stack([hidden, x, y, x * x, y * y, x * y], axis=-1)  # (N, G, 6)
        per_sample = shift(terms, self.mean).sum(1)  # (N, 6)
        r, enough = pearson(per_sample), per_sample[:, 0] >= MIN_VALUES
        counted = enough & np.isfinite(r)
        for row, block in enumerate(blocks.tolist()):
            if block not in self.blocks:
                self.blocks[block] = np.zeros((len(self.mean), 6))
                self.correlations[block] = np.zeros(2)
            self.blocks[block] += terms[row]
            if counted[row]:
                self.correlations[block] += r[row], 1

    @property
    def squared_error(self) -> float:
        return float(sum(squared_error(sums).sum() for sums in self.blocks.values()))

    def rows(self, spec: dict[str, Any], **row: str) -> list[dict[str, Any]]:
        """Rows of Metrics. `row` gives model, dataset, split; `spec` seed and bootstrap_samples."""
        if not self.blocks:
            return []
        order = sorted(self.blocks)
        blocks = np.stack([self.blocks[block] for block in order])
        correlations = np.stack([self.correlations[block] for block in order])
        generator = np.random.default_rng(spec["seed"])
        samples = spec["bootstrap_samples"] if len(order) > 1 else 0  # one block alone tells nothing of others
        draws = generator.multinomial(len(order), np.full(len(order), 1 / len(order)), size=samples)
        total, in_samples = blocks.sum(0), correlations.sum(0)
        values = self._scores(total, in_samples)
        resampled = [self._scores(np.tensordot(draw, blocks, 1), draw @ correlations) for draw in draws.astype(float)]
        counts = {"pooled": total[:, 0].sum(), "per_gene": np.isfinite(gene_pearson(total)).sum()}
        counts["per_sample"] = in_samples[1]
        return [
            {
                **row,
                "task": "imputation",
                "level": level,
                "metric": metric,
                **interval(level, value, np.array([one[level, metric] for one in resampled])),
                "n": int(counts[level]),
            }
            for (level, metric), value in values.items()
        ]

    def _scores(self, sums: np.ndarray, correlations: np.ndarray) -> dict[tuple[str, str], float]:
        """{(level, metric): value} of sums (G, 6) and (sum, number) of the correlations within samples."""
        error = squared_error(sums).sum()
        genes = gene_pearson(sums)
        return {
            ("pooled", "pearson"): float(pearson(shift(sums, self.mean).sum(0))),
            ("pooled", "rmse"): float(np.sqrt(error / sums[:, 0].sum())) if sums[:, 0].any() else np.nan,
            ("pooled", "skill"): float(1 - error / sums[:, 4].sum()) if sums[:, 4].any() else np.nan,
            ("per_gene", "pearson"): float(np.median(genes[np.isfinite(genes)]))
            if np.isfinite(genes).any()
            else np.nan,
            ("per_sample", "pearson"): float(correlations[0] / correlations[1]) if correlations[1] else np.nan,
        }


def interval(level: str, value: float, resampled: np.ndarray) -> dict[str, float]:
    """`value` with its 95 % interval; none where the value is not defined.

    A gene has few hidden values, and drawing some of them twice pulls its correlation away from 0; so
    percentiles of resampled medians over genes can miss the value itself. Their spread is sound: that
    level has the normal interval of the bootstrap, value +- 1.96 standard errors.
    """
    if not np.isfinite(value) or not len(resampled):
        return {"value": value, "ci_low": np.nan, "ci_high": np.nan}
    if level == "per_gene":
        margin = 1.96 * np.nanstd(resampled)
        return {"value": value, "ci_low": max(-1.0, value - margin), "ci_high": min(1.0, value + margin)}
    return with_interval(value, resampled)


def pearson(sums: np.ndarray) -> np.ndarray:
    """Pearson's r of sums (..., 6) of n, x, y, xx, yy, xy; NaN where x or y does not vary."""
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
    return sums[..., 3] - 2 * sums[..., 5] + sums[..., 4]


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
