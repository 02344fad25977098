"""The regulatory network: which transcription factor activates or represses which gene, and how strongly."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from workflow_scripts.contracts import truth
from workflow_scripts.simulate.genes import Gene

REGULATORS = (0, 4)  # regulators of a gene: fewer than the second number
ACTIVATING = 0.7  # share of the edges
WEIGHT = (0.3, 0.9)  # change of a target's log expression with each unit of its factor's


class Network(NamedTuple):
    """Edges, as indices into the list of genes; those between factors come first."""

    sources: np.ndarray  # int64, factors
    targets: np.ndarray  # int64, in order of targets
    weights: np.ndarray  # float64, signed
    between: int  # so many edges go from a factor to a factor

    def spread(self, change: np.ndarray) -> np.ndarray:
        """`change` (genes, log) with what it brings about in the targets, from masters to factors to genes."""
        for edges in (slice(self.between), slice(self.between, None)):
            brought = self.weights[edges] * change[self.sources[edges]]
            change = change + np.bincount(self.targets[edges], brought, len(change))
        return change


def make_network(rng: np.random.Generator, genes: int, factors: int) -> Network:
    """Draw up to three regulators for each gene.

    The first third of the factors are masters without regulators; each of the others has one master at
    most. So a network has no cycles, and a change travels over two edges.
    """
    masters = max(1, factors // 3)
    sources, targets = [], []
    for target in range(masters, genes):
        among, most = (masters, 2) if target < factors else (factors, REGULATORS[1])
        chosen = rng.choice(among, min(among, int(rng.integers(REGULATORS[0], most))), replace=False)
        sources += chosen.tolist()
        targets += [target] * len(chosen)
    signs = np.where(rng.random(len(sources)) < ACTIVATING, 1.0, -1.0)
    found = np.array(sources, int), np.array(targets, int), signs * rng.uniform(*WEIGHT, len(sources))
    return Network(*found, between=int((found[1] < factors).sum()))


def write_truth(network: Network, motifs: list[str], genes: list[Gene], folder: Path) -> None:
    """Write `network.tsv` (weight: size, without the sign) and `motifs.tsv`."""
    edges = [
        (genes[source].gene_id, genes[target].gene_id, int(np.sign(weight)), f"{abs(weight):.6f}")
        for source, target, weight in zip(*network[:3], strict=True)
    ]
    truth.write("network", edges, folder)
    rows = [(genes[factor].gene_id, motif) for factor, motif in enumerate(motifs)]
    truth.write("motifs", rows, folder)
