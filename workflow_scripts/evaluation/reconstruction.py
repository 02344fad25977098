"""Scores of predicted expression values against the true ones, gathered sample by sample."""

from __future__ import annotations

from typing import Any

import numpy as np

from workflow_scripts.evaluation.intervals import draws, interval
from workflow_scripts.evaluation.metrics import entry, scorers
from workflow_scripts.evaluation.sums import MIN_VALUES, Hidden, gene_pearson, pearson, shift

BLOCKS = 64  # at most so many blocks of groups are resampled, which bounds memory


class Reconstruction:
    """Sums over the hidden values of one model on one split, by block of groups.

    `blocks` holds the sums (G, 6) of each block, see `sums`; `correlations` (2,) the sum of the correlations of its
    samples and their number.
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

    def rows(self, spec: dict[str, Any], **row: str) -> list[dict[str, Any]]:
        """Rows of Replicates. `row` gives model, dataset, split, groups; `spec` seed and bootstrap_samples."""
        if not self.blocks:
            return []
        order = sorted(self.blocks)
        blocks = np.stack([self.blocks[block] for block in order])
        correlations = np.stack([self.correlations[block] for block in order])
        total = Hidden(blocks.sum(0), self.mean, correlations.sum(0))
        resamples = [
            Hidden(np.tensordot(draw, blocks, 1), self.mean, draw @ correlations)
            for draw in draws(len(order), spec["bootstrap_samples"], spec["seed"])
        ]
        counts = {"pooled": total.genes[:, 0].sum(), "per_gene": np.isfinite(gene_pearson(total.genes)).sum()}
        counts["per_sample"] = total.samples[1]
        rows = []
        for (level, metric), score in scorers("imputation").items():
            value, replicates = score(total), np.array([score(resample) for resample in resamples])
            low, high = np.clip(interval(level, value, replicates), *entry(metric).limits)
            numbers = {"value": value, "ci_low": low, "ci_high": high, "n": int(counts[level])}
            rows.append(
                {**row, "task": "imputation", "level": level, "metric": metric, **numbers, "replicates": replicates}
            )
        return rows
