"""Which edges may be, as arrays: G genes, E edges."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd


class Candidates(NamedTuple):
    """The edges that may be, in order of target; see `contracts/candidates`."""

    sources: np.ndarray  # (E,) int64, places of genes
    targets: np.ndarray  # (E,) int64
    priors: np.ndarray  # (E,) float64, 0 to 1
    genes: int

    def of(self, targets: range) -> np.ndarray:
        """The prior (T, G sources) float64 of each edge to these targets, NaN where there can be none."""
        first, last = np.searchsorted(self.targets, [targets.start, targets.stop])
        found = np.full((len(targets), self.genes), np.nan)
        found[self.targets[first:last] - targets.start, self.sources[first:last]] = self.priors[first:last]
        return found

    def most(self) -> int:
        """The greatest number of sources that any target may have."""
        return int(np.bincount(self.targets).max())


def candidates(table: pd.DataFrame, genes: list[str]) -> Candidates:
    """The Candidates (of `contracts/candidates`) of a circuit with these genes."""
    index = pd.Index(genes)
    sources, targets = (index.get_indexer(table[column]).astype("int64") for column in ("source", "target"))
    order = np.lexsort([sources, targets])
    return Candidates(sources[order], targets[order], table["prior"].to_numpy(float)[order], len(genes))
