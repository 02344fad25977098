"""Single cells of a circuit whose genes are perturbed, and what a sequencer counts of them.

P perturbations, C cells, G genes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from workflow_scripts.simulate.kinetics import Conditions, Kinetics, State

DEPTH = 10_000  # counts of a cell of mean depth, those of genes outside the circuit among them
APART = 200  # minutes for which cells go on from rest each by itself: four of the longest half-lives


class Cells(NamedTuple):
    """Which perturbation each cell has, and its counts."""

    perturbation: np.ndarray  # (C,) int64
    counts: np.ndarray  # (C, G) int64
    total: np.ndarray  # (C,) int64, of all genes of the cell


def perturbed(genes: int, pairs: np.ndarray) -> list[tuple[int, ...]]:
    """The genes that each of P perturbations is of: none, each alone, and pairs (K, 2)."""
    return [(), *((gene,) for gene in range(genes)), *(tuple(pair) for pair in pairs.tolist())]


def at_rest(kinetics: Kinetics, targets: list[tuple[int, ...]], left: float) -> tuple[Conditions, np.ndarray]:
    """What is done to genes, and their levels (P, G) at rest, where so much is `left` of the rates of targets."""
    rates = np.ones((len(targets), len(kinetics.basal)))
    for row, genes in enumerate(targets):
        rates[row, list(genes)] = left
    conditions = Conditions(rates, np.zeros_like(rates))
    return conditions, kinetics.at_rest(conditions)


def sequence(rng: np.random.Generator, levels: np.ndarray, sizes: dict) -> tuple[np.ndarray, np.ndarray]:
    """Counts (C, G) and totals (C,) int64 of cells of `levels` (C, G): negative binomial, with a depth a cell.

    sizes: counts, depth_sd, dispersion. Depth is log-normal with a mean of 1.
    """
    depth = np.exp(rng.normal(-(sizes["depth_sd"] ** 2) / 2, sizes["depth_sd"], len(levels)))
    means = sizes["counts"] * levels * depth[:, None]
    shape = 1 / sizes["dispersion"]
    counts = rng.poisson(means * rng.gamma(shape, 1 / shape, means.shape))
    return counts, counts.sum(1) + rng.poisson(np.maximum(DEPTH * depth - means.sum(1), 0))


def draw_cells(
    rng: np.random.Generator, kinetics: Kinetics, conditions: Conditions, levels: np.ndarray, sizes: dict
) -> Cells:
    """Cells that leave rest (P, G) by the noise of their own transcription, translation and decay, and are sequenced.

    sizes: the section `simulate/circuits/{circuit}` of the configuration. The first perturbation is none.
    """
    of = sizes["cells"]
    which = np.repeat(np.arange(len(levels)), np.where(np.arange(len(levels)) == 0, of["control"], of["each"]))
    start, done = State(levels[which], levels[which]), Conditions(*(part[which] for part in conditions))
    state = kinetics.advanced(start, done, APART, sizes["process_noise"], rng)
    return Cells(which, *sequence(rng, state.mrna, of))
