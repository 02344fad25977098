"""Levels under several perturbations at once, from those under each alone, by simple rules: the registry, and they.

P combinations, G genes. What is done to a gene itself is known: a perturbed gene has the level it had when it alone was
perturbed so. A perturbation that was never made alone has no known effect, and counts as none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from workflow_scripts.circuit.data import Circuit
from workflow_scripts.circuit.denoising import denoised_singles
from workflow_scripts.contracts.perturbations import Perturbation
from workflow_scripts.io.registry import load

BEYOND = 3  # standard deviations of the noise: effects that are no larger are none
FOLDS = 5  # of single perturbations, which the rank of the linear model is chosen by
RANKS = (1, 2, 3, 5, 8, 13, 21)
FEWEST = 10  # single perturbations a linear model is fitted to
RIDGE = 0.1  # its penalty (Ahlmann-Eltze et al. 2025)

Combination = Sequence[Perturbation]
Singles = dict[Perturbation, np.ndarray]

RESPONSES = {
    "no_change": "workflow_scripts.circuit.response_baselines.no_change",
    "mean_of_singles": "workflow_scripts.circuit.response_baselines.mean_of_singles",
    "matching_mean": "workflow_scripts.circuit.response_baselines.matching_mean",
    "additive_raw": "workflow_scripts.circuit.response_baselines.additive_raw",
    "additive": "workflow_scripts.circuit.response_baselines.additive",
    "additive_beyond_noise": "workflow_scripts.circuit.response_baselines.additive_beyond_noise",
    "largest_effect": "workflow_scripts.circuit.response_baselines.largest_effect",
    "additive_denoised": "workflow_scripts.circuit.response_baselines.additive_denoised",
    "largest_denoised": "workflow_scripts.circuit.response_baselines.largest_denoised",
    "linear_low_rank": "workflow_scripts.circuit.response_baselines.linear_low_rank",
}


class Effects(NamedTuple):
    """What single perturbations do, and which of them each combination is of."""

    reference: np.ndarray  # (G,) the circuit as it is, see `Circuit.reference`
    of: list[np.ndarray]  # (P,) of (K, G) float64: levels under each of K perturbations alone, less the reference
    circuit: Circuit


def predict_responses(name: str, circuit: Circuit, wanted: list[Combination]) -> np.ndarray | None:
    """Levels (P, G) float64 by one rule; None where it needs more single perturbations than there are.

    circuit: without gaps, see `data.imputed`. No level is below 0 and below all that were measured.
    """
    singles, reference = circuit.singles(), circuit.reference()
    found = load(RESPONSES[name])(Effects(reference, _effects(singles, reference, wanted), circuit), wanted)
    if found is None:
        return None
    found = np.maximum(found, min(0.0, circuit.levels.min()))
    for row, those in enumerate(wanted):
        for one in those:
            if one in singles and one.kind != "chemical":
                own = circuit.genes.index(one.target)
                found[row, own] = singles[one][own]
    return found


def no_change(effects: Effects, wanted: list[Combination]) -> np.ndarray:
    """The reference."""
    return np.tile(effects.reference, (len(wanted), 1))


def mean_of_singles(effects: Effects, wanted: list[Combination]) -> np.ndarray:
    """The mean over all single perturbations of the kinds that are combined, whichever they are."""
    singles = effects.circuit.singles()
    rows = []
    for those in wanted:
        kinds = {one.kind for one in those}
        alike = [levels for one, levels in singles.items() if one.kind in kinds]
        rows.append(np.mean(alike, axis=0) if alike else effects.reference)
    return np.array(rows)


def matching_mean(effects: Effects, wanted: list[Combination]) -> np.ndarray:
    """The mean of the levels under those perturbations that are combined (Systema, 2025)."""
    return effects.reference + np.array([of.mean(0) for of in effects.of])


def additive_raw(effects: Effects, wanted: list[Combination]) -> np.ndarray:
    """The sum of effects on the wild type, taken from the wild type as it was measured (mean over its samples at rest).

    Where the wild type was not measured at rest, `additive`.
    """
    circuit = effects.circuit
    rows = np.intersect1d(circuit.wild_type_rows(), circuit.at_rest)
    wild = circuit.levels[rows].mean(0) if len(rows) else effects.reference
    shift = effects.reference - wild
    return wild + np.array([(of + shift).sum(0) for of in effects.of])


def additive(effects: Effects, wanted: list[Combination]) -> np.ndarray:
    """The sum of effects on the reference."""
    return effects.reference + np.array([of.sum(0) for of in effects.of])


def additive_beyond_noise(effects: Effects, wanted: list[Combination]) -> np.ndarray:
    """The sum of those effects that are larger than `BEYOND` standard deviations of the noise, see `Circuit.noise`."""
    return additive(_beyond_noise(effects), wanted)


def largest_effect(effects: Effects, wanted: list[Combination]) -> np.ndarray:
    """On each gene the larger of the effects that are beyond the noise, in either direction."""
    of = _beyond_noise(effects).of
    return effects.reference + np.array([greatest(each) for each in of])


def additive_denoised(effects: Effects, wanted: list[Combination]) -> np.ndarray:
    """The sum of effects without the noise, see `denoising`."""
    return additive(_denoised(effects, wanted), wanted)


def largest_denoised(effects: Effects, wanted: list[Combination]) -> np.ndarray:
    """On each gene the larger of the effects without the noise, in either direction."""
    of = _denoised(effects, wanted).of
    return effects.reference + np.array([greatest(each) for each in of])


def greatest(effects: np.ndarray) -> np.ndarray:
    """Of effects (E, ..., G) that with the greatest size, for each gene."""
    return np.take_along_axis(effects, np.abs(effects).argmax(0)[None], 0)[0]


def linear_low_rank(effects: Effects, wanted: list[Combination]) -> np.ndarray | None:
    """Y = G K P^T + b (Ahlmann-Eltze et al. 2025, doi:10.1038/s41592-025-02772-6), fitted to single perturbations.

    Y: genes x perturbations; G: the first principal components of Y; P: the rows of G that are of the perturbed genes,
    times what their rates lost, their sum for a combination; b: the mean over perturbations; K: by ridge regression.
    How many components: those with the least error on perturbations left out. None of fewer than `FEWEST`.
    """
    circuit = effects.circuit
    singles = {one: levels for one, levels in circuit.singles().items() if one.kind != "chemical"}
    if len(singles) < FEWEST:
        return None
    y, lost = np.array(list(singles.values())), np.array([_lost(circuit, [one]) for one in singles])
    fold = np.arange(len(y)) % FOLDS
    ranks = [rank for rank in RANKS if rank < min(np.bincount(fold).max() * (FOLDS - 1), y.shape[1])]
    errors = np.zeros(len(ranks))
    for left in range(FOLDS):
        for place, rank in enumerate(ranks):
            guess = _linear(y[fold != left], lost[fold != left], rank)(lost[fold == left])
            errors[place] += ((guess - y[fold == left]) ** 2)[lost[fold == left] == 0].sum()
    best = ranks[int(errors.argmin())]
    return _linear(y, lost, best)(np.array([_lost(circuit, those) for those in wanted]))


def _linear(y: np.ndarray, lost: np.ndarray, rank: int) -> Callable[[np.ndarray], np.ndarray]:
    """From what rates lost (P, G) to levels (P, G), fitted to levels y (N, G) under such losses (N, G)."""
    mean = y.mean(0)
    _, sizes, axes = np.linalg.svd(y - mean, full_matrices=False)
    genes = axes[:rank].T * sizes[:rank]  # (G, rank) scores of genes

    def inverse(of: np.ndarray) -> np.ndarray:
        return np.linalg.solve(of.T @ of + RIDGE * np.eye(rank), of.T)

    between = inverse(genes) @ (y - mean).T @ inverse(lost @ genes).T  # K
    return lambda losses: mean + losses @ genes @ between.T @ genes.T


def _lost(circuit: Circuit, those: Combination) -> np.ndarray:
    """What the rate of each gene (G,) has lost: 1 knocked out, a share knocked down, below 0 overexpressed."""
    lost = np.zeros(len(circuit.genes))
    for one in those:
        if one.kind != "chemical":
            lost[circuit.genes.index(one.target)] = 1 - one.dose
    return lost


def _effects(singles: Singles, reference: np.ndarray, wanted: list[Combination]) -> list[np.ndarray]:
    return [np.array([singles.get(one, reference) - reference for one in those]) for those in wanted]


def _denoised(effects: Effects, wanted: list[Combination]) -> Effects:
    return effects._replace(of=_effects(denoised_singles(effects.circuit), effects.reference, wanted))


def _beyond_noise(effects: Effects) -> Effects:
    least = BEYOND * effects.circuit.noise()
    return effects._replace(of=[np.where(np.abs(of) > least, of, 0.0) for of in effects.of])
