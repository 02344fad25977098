"""Edges by direct evidence: correlation, and the response to a perturbation; and sums and products of several.

G genes; weights are sources x targets, float64, not negative, 0 from a gene to itself.
"""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import rankdata

from workflow_scripts.circuit.data import Circuit

FEW = 5  # with fewer steady states, samples of series stand in for them
PERFECT = 1 - 1e-12  # a correlation beyond it tells no more


class Inferred(NamedTuple):
    """What a method says of the edges of a circuit."""

    weights: np.ndarray  # (G, G) float64
    signs: np.ndarray | None = None  # (G, G) float64, above 0 activates, below represses; None: it knows of none


def without_self(weights: np.ndarray) -> np.ndarray:
    """The weights (G, G) with 0 from each gene to itself."""
    return np.where(np.eye(len(weights), dtype=bool), 0.0, weights)


def states(circuit: Circuit) -> np.ndarray:
    """Rows (K,) int64 that methods without time take for steady states: those, or where there are few, all samples."""
    return circuit.at_rest if len(circuit.at_rest) >= FEW else np.arange(len(circuit.levels))


def no_order(circuit: Circuit, seed: int, settings: dict[str, Any]) -> Inferred:
    """Every edge alike: scores of it are what a random order has on average, the share of true edges for AUPR."""
    return Inferred(without_self(np.ones((len(circuit.genes),) * 2)))


def correlation(circuit: Circuit, seed: int, settings: dict[str, Any]) -> Inferred | None:
    """|Pearson r| over `states`, the same both ways; 0 of a gene that does not change. Grows with G^2."""
    found = _pearson(circuit)
    return None if found is None else Inferred(without_self(np.abs(found)), found)


def clr(circuit: Circuit, seed: int, settings: dict[str, Any]) -> Inferred | None:
    """Context likelihood of relatedness (Faith et al. 2007, doi:10.1371/journal.pbio.0050008). Grows with G^2.

    sqrt(max(0, z_i)^2 + max(0, z_j)^2), where z_i is the mutual information of a pair as a z-score among all pairs of
    gene i. The mutual information is that of normal distributions, -ln(1 - r^2) / 2.
    """
    found = _pearson(circuit)
    if found is None:
        return None
    information = -np.log(1 - np.clip(without_self(found), -PERFECT, PERFECT) ** 2) / 2
    others = information[~np.eye(len(found), dtype=bool)].reshape(len(found), -1)
    z = np.maximum(_ratio(information - others.mean(1, keepdims=True), others.std(1, keepdims=True)), 0)
    return Inferred(without_self(np.sqrt(z**2 + z.T**2)), found)


Singles = dict[str, dict[int, np.ndarray]]  # {kind: {place of the one gene perturbed: levels (G,)}}


def singles(circuit: Circuit) -> Singles:
    """What was measured where one gene alone was perturbed, by the kinds of perturbations that there are."""
    found = {kind: circuit.single(kind) for kind in ("knockout", "knockdown", "overexpression")}
    return {kind: of for kind, of in found.items() if of}


def zscore(circuit: Circuit, seed: int, settings: dict[str, Any]) -> Inferred | None:
    """`zscores` of all kinds of perturbations of genes; None without any. Grows with the number of experiments x G."""
    of = singles(circuit)
    if not of:
        return None
    found = zscores(of, range(len(circuit.genes)))
    return Inferred(without_self(found.weights), without_self(found.signs))


def zscores(of: Singles, targets: range) -> Inferred:
    """How far each gene is from its median when another one is perturbed (Prill et al. 2010, Yip et al. 2010).

    Weights and signs are of all sources and these targets alone, (G, T), so that of a large circuit they are taken a
    part at a time.

    |x - median| / sd, both over all experiments of these kinds on single genes, mean over the kinds in which a source
    was perturbed and the target measured; 0 where there is none. A target that falls when its source is knocked out or
    down, or rises when that is overexpressed, is activated.
    """
    part = slice(targets.start, targets.stop)
    every = np.array([levels[part] for rows in of.values() for levels in rows.values()])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of a gene that is measured in none of them
        middle, spread = np.nanmedian(every, axis=0), np.nanstd(every, axis=0)
    genes = len(next(iter(next(iter(of.values())).values())))
    weights, signs, times = np.zeros((3, genes, len(targets)))
    for kind, rows in of.items():
        for source, levels in rows.items():
            known = np.isfinite(levels[part])
            z = np.where(known, _ratio(levels[part] - middle, spread), 0.0)
            weights[source] += np.abs(z)
            signs[source] += z if kind == "overexpression" else -z
            times[source] += known
    return Inferred(weights / np.maximum(times, 1), signs)


def rank_product(first: Inferred, second: Inferred) -> Inferred:
    """The product of the ranks (weakest first, as shares, equals share theirs) by two methods; 0 where both have 0."""
    weights = [without_self(of.weights) for of in (first, second)]
    ranks = [rankdata(of).reshape(of.shape) / of.size for of in weights]
    both = np.where((weights[0] > 0) | (weights[1] > 0), ranks[0] * ranks[1], 0.0)
    return Inferred(without_self(both), _first_sign(first, second))


def sum_of_shares(first: Inferred, second: Inferred) -> Inferred:
    """The sum of the weights of two methods, each over its largest."""
    weights = [without_self(of.weights) for of in (first, second)]
    return Inferred(sum(of / (of.max() or 1.0) for of in weights), _first_sign(first, second))


def _first_sign(first: Inferred, second: Inferred) -> np.ndarray | None:
    """The signs of the first method, where it has none those of the second."""
    known = [of.signs for of in (first, second) if of.signs is not None]
    return np.where(known[0] != 0, known[0], known[-1]) if known else None


def _pearson(circuit: Circuit) -> np.ndarray | None:
    """Correlations (G, G) over `states`, 0 of a gene that does not change; None of fewer than `FEW` samples."""
    x = circuit.levels[states(circuit)]
    if len(x) < FEW:
        return None
    centred = x - x.mean(0)
    unit = _ratio(centred, np.linalg.norm(centred, axis=0))
    return unit.T @ unit


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """above / below, 0 where `below` is 0."""
    above, below = np.broadcast_arrays(above, below)
    return np.divide(above, below, out=np.zeros(above.shape), where=below > 0)
