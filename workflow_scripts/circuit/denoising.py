"""What single perturbations do, less the noise: the mean that is left of an effect after all that was measured of it.

Most perturbations leave most genes as they are. So the effects of one kind on all genes are a mixture: a share of them
is drawn from a normal distribution, the others are 0, and each reading has the noise of a measurement (a spike and a
slab; Johnstone and Silverman 2004, Annals of Statistics 32:1594, for one reading). Its share and its covariances are
those under which the readings are likeliest (EM), and an effect is its posterior mean: small ones shrink, those far
beyond the noise stay. Where a gene is knocked out and knocked down, both are readings of one thing.
"""

from __future__ import annotations

import numpy as np

from workflow_scripts.circuit.data import Circuit
from workflow_scripts.contracts.perturbations import Perturbation

ITERATIONS = 300
FIRST_SHARE = 0.1  # of effects that are not 0, before it is learned
FEWEST = 50  # effects that a mixture is learned from


def denoised_singles(circuit: Circuit) -> dict[Perturbation, np.ndarray]:
    """{perturbation: levels (G,) float64} as `Circuit.singles`, of each its effects denoised.

    A perturbed gene keeps its measured level. So does all where noise is unknown or effects are fewer than `FEWEST`.
    """
    singles, reference = circuit.singles(), circuit.reference()
    variance = float(np.mean(circuit.noise() ** 2))
    found = {}
    for kind in dict.fromkeys(one.kind for one in singles):
        those = [one for one in singles if one.kind == kind]
        effects = _readings(circuit, those, reference)  # (P, G, K)
        others = np.array([[gene != one.target for gene in circuit.genes] for one in those])
        if variance > 0 and others.sum() >= FEWEST:
            effects[others, 0] = posterior_mean(effects[others], variance)
        found |= {one: reference + effects[row, :, 0] for row, one in enumerate(those)}
    return found


def posterior_mean(readings: np.ndarray, variance: float) -> np.ndarray:
    """The mean (N,) of the first of K effects, of which `readings` (N, K) have independent noise of this variance."""
    noise = variance * np.eye(readings.shape[1])
    share, slab = FIRST_SHARE, readings.T @ readings / len(readings)
    for _ in range(ITERATIONS):
        odds = (1 - share) / share * np.exp(_log_density(readings, noise) - _log_density(readings, noise + slab))
        real = 1 / (1 + odds)
        share = float(np.clip(real.mean(), 1e-6, 1 - 1e-6))
        slab = _without_negative((readings * real[:, None]).T @ readings / max(real.sum(), 1e-6) - noise)
    return real * (readings @ np.linalg.solve(noise + slab, slab[:, 0]))


def _readings(circuit: Circuit, those: list[Perturbation], reference: np.ndarray) -> np.ndarray:
    """Effects (P, G, K): of each perturbation, and of every other kind that each of their genes was perturbed by."""
    singles, kind = circuit.singles(), those[0].kind
    found = [np.array([singles[one] - reference for one in those])]
    if kind != "chemical":
        places = [circuit.genes.index(one.target) for one in those]
        for other in sorted({one.kind for one in singles} - {kind, "chemical"}):
            levels = circuit.single(other)
            if set(places) <= set(levels):
                found.append(np.array([levels[place] - reference for place in places]))
    return np.stack(found, 2)


def _log_density(values: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """The log density (N,) of values (N, K) about 0, but for a constant."""
    distance = (values * np.linalg.solve(covariance, values.T).T).sum(1)
    return -(distance + np.linalg.slogdet(covariance)[1]) / 2


def _without_negative(covariance: np.ndarray) -> np.ndarray:
    """The nearest matrix (K, K) that is a covariance."""
    sizes, axes = np.linalg.eigh((covariance + covariance.T) / 2)
    return (axes * np.maximum(sizes, 0)) @ axes.T
