"""Topology of a circuit: which of its genes activates or represses which.

It is part of the planted network of the simulated organism, or a scale-free network where there is none, with further
edges to regulators, which close cycles and feed-forward loops.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse.csgraph import connected_components, shortest_path

from workflow_scripts.io.errors import BadInput
from workflow_scripts.simulate.network import ACTIVATING

# Of the scale-free network, as of DREAM4's gold standards of 100 genes: 36 to 44 % of the genes regulate others and
# 9 to 14 % have no regulator; there are 1.8 to 2.5 edges and 0.4 to 1.7 feed-forward loops a gene.
REGULATORS = 0.4  # share of the genes
UNREGULATED = 0.1  # share of the genes
EDGES_A_GENE = 2.0
FEED_FORWARD = 0.6  # share of the edges beyond a tree that close a feed-forward loop
TAIL = 2.0  # exponent of the Pareto distribution of how many targets regulators attract


class Topology(NamedTuple):
    """A connected circuit; edges are indices into `genes`, in order of targets, none twice and none to itself."""

    genes: list[str]
    sources: np.ndarray  # int64
    targets: np.ndarray  # int64
    signs: np.ndarray  # int64: 1 activates, -1 represses

    @property
    def matrix(self) -> np.ndarray:
        """sources x targets, bool."""
        found = np.zeros((len(self.genes), len(self.genes)), bool)
        found[self.sources, self.targets] = True
        return found

    @property
    def regulators(self) -> np.ndarray:
        """Genes that regulate others, int64, sorted."""
        return np.unique(self.sources)

    @property
    def downstream(self) -> np.ndarray:
        """Whether a gene (row) acts on another (column), directly or not; genes x genes, bool."""
        return np.isfinite(shortest_path(self.matrix, unweighted=True)) & ~np.eye(len(self.genes), dtype=bool)


def planted(rng: np.random.Generator, network: pd.DataFrame, order: list[str], size: int, where: Path) -> Topology:
    """So many genes of the planted `network` (the table of the truth) that hang together, with all edges between them.

    From a random factor on, the next gene is a neighbour of those that are there: a factor before others, then that
    with the most edges to them. `order` lists the genes of the organism; the circuit has them in it. Raises BadInput,
    which names `where`, if fewer genes hang together.
    """
    index = pd.Index(order)
    sources, targets = index.get_indexer(network["source"]), index.get_indexer(network["target"])
    linked = np.zeros((len(order), len(order)), bool)
    linked[sources, targets] = linked[targets, sources] = True
    factors = np.unique(sources)
    largest = _largest_part(linked)
    if len(largest) < size:
        reason = f"{len(largest)} genes of the organism's network hang together, and the circuit has {size}"
        raise BadInput(where, "network", reason, "Give `genes` of the circuit a smaller number.")
    chosen = [int(rng.choice(np.intersect1d(factors, largest)))]
    rank = rng.permutation(len(order)) / len(order)  # of genes with equally many edges
    rank[factors] += len(order)
    while len(chosen) < size:
        edges = linked[chosen].sum(0)
        eligible = (edges > 0) & ~np.isin(np.arange(len(order)), chosen)
        chosen.append(int(np.argmax(np.where(eligible, edges + rank, -1))))
    chosen.sort()
    inside = np.isin(sources, chosen) & np.isin(targets, chosen)
    edges = np.searchsorted(chosen, sources[inside]), np.searchsorted(chosen, targets[inside])
    return _sorted([order[gene] for gene in chosen], *edges, network["sign"].to_numpy()[inside])


def _largest_part(linked: np.ndarray) -> np.ndarray:
    _, part = connected_components(linked, directed=False)
    return np.flatnonzero(part == np.bincount(part).argmax())


def scale_free(rng: np.random.Generator, size: int) -> Topology:
    """A circuit of genes G1, G2, ... without cycles, in which few regulators have many targets.

    The first genes have no regulator, and each two of them a target in common, so that the circuit is in one piece.
    Each further gene is regulated by one before it. Of further edges a share lets the regulator of a gene's regulator
    regulate the gene as well.
    """
    order = rng.permutation(size)
    regulators, first = max(2, round(REGULATORS * size)), max(1, round(UNREGULATED * size))
    attraction = rng.pareto(TAIL, regulators) + 0.3

    def earlier(place: int) -> int:
        among = attraction[: min(place, regulators)]
        return int(rng.choice(len(among), p=among / among.sum()))

    found = {(place - first + side, place) for place in range(first, 2 * first - 1) for side in (0, 1)}
    found |= {(earlier(place), place) for place in range(2 * first - 1, size)}
    most = sum(min(place, regulators) for place in range(first, size))
    while len(found) < min(round(EDGES_A_GENE * size), most):
        source, target = earlier(place := int(rng.integers(first, size))), place
        if rng.random() < FEED_FORWARD:
            above = sorted({above for above, below in found if (below, target) in found})
            source = int(rng.choice(above)) if above else source
        found.add((source, target))
    sources, targets = order[np.array(sorted(found)).T]
    return _sorted([f"G{gene + 1}" for gene in range(size)], sources, targets, _signs(rng, len(found)))


def with_feedback(rng: np.random.Generator, circuit: Topology, share: float) -> Topology:
    """The circuit with so many further edges to its regulators, as a share of its own.

    Half of them close cycles: they come from genes downstream of the regulator. The others close feed-forward loops:
    they come from regulators that have a target in common with it. There are fewer where there are fewer such pairs.
    """
    matrix, wanted = circuit.matrix, round(share * len(circuit.sources))
    absent = ~matrix & np.isin(np.arange(len(circuit.genes)), circuit.regulators) & ~np.eye(len(matrix), dtype=bool)
    back = rng.permutation(np.argwhere(absent & circuit.downstream.T))[: -(-wanted // 2)]
    absent[tuple(back.T)] = False
    forward = rng.permutation(np.argwhere(absent & (matrix @ matrix.T)))[: wanted // 2]
    sources, targets = np.concatenate([back, forward]).T
    return _sorted(
        circuit.genes,
        np.append(circuit.sources, sources),
        np.append(circuit.targets, targets),
        np.append(circuit.signs, _signs(rng, wanted)[: len(sources)]),
    )


def _signs(rng: np.random.Generator, number: int) -> np.ndarray:
    return np.where(rng.random(number) < ACTIVATING, 1, -1)


def _sorted(genes: list[str], sources: np.ndarray, targets: np.ndarray, signs: np.ndarray) -> Topology:
    order = np.lexsort((sources, targets))
    return Topology(genes, sources[order], targets[order], signs[order])
