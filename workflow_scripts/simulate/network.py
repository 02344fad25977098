"""The regulatory network: which transcription factor activates or represses which gene, how strongly, and where.

What an edge of weight w brings to the log expression of its target, of which x is the change of its factor:

    linear (hill 0)    w * x
    Hill               w * 2 / n * tanh(n * x / 2)
    pair (x, y)        w / n * ((1 + tanh(n * x / 2)) * (1 + tanh(n * y / 2)) - 1), of each of its two edges

1 + tanh(n * x / 2) is twice the Hill function of the factor's concentration with coefficient n and half of its
response at the mean concentration: a logistic function of the logarithm. So each edge has the slope w at the mean, and
a pair, the product of two Hill functions (an AND gate), brings next to nothing where either factor is low.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from workflow_scripts.contracts import truth
from workflow_scripts.simulate.genes import Gene

REGULATORS = (0, 4)  # regulators of a gene: fewer than the second number
ACTIVATING = 0.7  # share of the edges
WEIGHT = (0.3, 0.9)  # change of a target's log expression with each unit of its factor's
PAIR_HILL = 2.0  # Hill coefficient of pairs where edges alone are linear: that of factors that bind as dimers


class Network(NamedTuple):
    """Edges, as indices into the list of genes; those between factors come first."""

    sources: np.ndarray  # int64, factors
    targets: np.ndarray  # int64, in order of targets
    weights: np.ndarray  # float64, signed
    between: int  # so many edges go from a factor to a factor
    hill: float  # Hill coefficient of the response; 0: linear
    partners: np.ndarray  # int64, the factor that an edge acts together with; -1: none
    gates: dict[str, np.ndarray]  # kind of cells: int8 of each edge, -1 (the other sign), 0 (no effect) or 1

    @property
    def pairs(self) -> np.ndarray:
        """The first edge of each pair, which its second follows."""
        return np.flatnonzero(self.partners >= 0)[::2]

    def spread(self, change: np.ndarray, kind: str) -> np.ndarray:
        """`change` (genes, log) in cells of a kind with what it brings about, from masters to factors to genes."""
        for edges in (slice(self.between), slice(self.between, None)):
            brought = self.gates[kind][edges] * self.weights[edges] * self._response(change, edges)
            change = change + np.bincount(self.targets[edges], brought, len(change))
        return change

    def _response(self, change: np.ndarray, edges: slice) -> np.ndarray:
        levels, partners = change[self.sources[edges]], self.partners[edges]
        alone = np.tanh(self.hill / 2 * levels) * 2 / self.hill if self.hill else levels
        if (partners < 0).all():
            return alone
        hill = self.hill or PAIR_HILL
        both = (1 + np.tanh(hill / 2 * levels)) * (1 + np.tanh(hill / 2 * change[partners]))
        return np.where(partners < 0, alone, (both - 1) / hill)


def make_network(rng: np.random.Generator, genes: int, factors: int, hill: float) -> Network:
    """Draw up to three regulators for each gene, without pairs and gates.

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
    alone = np.full(len(sources), -1)
    return Network(*found, between=int((found[1] < factors).sum()), hill=hill, partners=alone, gates={})


def paired(rng: np.random.Generator, network: Network, share: float) -> Network:
    """The network in which, of the genes with several factors, a share needs its first two together.

    The two edges of a pair have one weight.
    """
    partners, weights = network.partners.copy(), network.weights.copy()
    _, first, number = np.unique(network.targets, return_index=True, return_counts=True)
    able = first[number > 1]
    for edge in rng.choice(able, round(share * len(able)), replace=False):
        partners[edge], partners[edge + 1] = network.sources[edge + 1], network.sources[edge]
        weights[edge + 1] = weights[edge]
    return network._replace(partners=partners, weights=weights)


def gated(rng: np.random.Generator, network: Network, kinds: dict[str, str], sizes: dict) -> Network:
    """The network in which a share of the edges (`gated`) acts in some kinds of cells alone, not with one sign in all.

    Each of these acts in the share `active` of the kinds, one at least, and there with the other sign by the
    probability `flipped`. The edges of a pair have one gate. `kinds` names for each kind that whose gates it has.
    """
    edges, own = len(network.sources), sorted(set(kinds.values()))
    chosen = rng.permutation(edges) < round(sizes["gated"] * edges)
    acting = np.arange(len(own)) < max(1, round(sizes["active"] * len(own)))
    acts = rng.permuted(np.tile(acting, (edges, 1)), axis=1)
    signs = np.where(rng.random(acts.shape) < sizes["flipped"], -1, 1)
    gates = np.where(chosen[:, None], acts * signs, 1).astype(np.int8)
    gates[network.pairs + 1] = gates[network.pairs]
    return network._replace(gates={kind: gates[:, own.index(whose)] for kind, whose in kinds.items()})


def write_truth(network: Network, motifs: list[str], genes: list[Gene], folder: Path) -> None:
    """Write `network` (weight: size, without the sign), `motifs`, and `gates` and `pairs` where there are any."""
    ids = np.array([gene.gene_id for gene in genes])
    sources, targets = ids[network.sources], ids[network.targets]
    signs = np.sign(network.weights).astype(int)
    sizes = [f"{abs(weight):.6f}" for weight in network.weights]
    truth.write("network", zip(sources, targets, signs, sizes, strict=True), folder)
    truth.write("motifs", [(genes[factor].gene_id, motif) for factor, motif in enumerate(motifs)], folder)
    alike = np.all([gate == 1 for gate in network.gates.values()], axis=0)
    truth.write_planted(
        "gates",
        [
            (kind, sources[edge], targets[edge], gate[edge] * signs[edge])
            for kind, gate in network.gates.items()
            for edge in np.flatnonzero(~alike)
        ],
        folder,
    )
    pairs = [(targets[edge], sources[edge], sources[edge + 1]) for edge in network.pairs]
    truth.write_planted("pairs", pairs, folder)
