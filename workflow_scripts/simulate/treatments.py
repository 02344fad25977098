"""Perturbations of a circuit beyond those of DREAM4: genes made more of, and compounds by dose and over time.

| experiment | what is done |
|---|---|
| overexpression | the rate of one regulator is doubled; of each in turn |
| dose | a compound shifts the activation of a few genes, by dose / (dose + its half dose); each of `DOSES` |
| course | the same from a time on at the highest dose, levels at `TIMES`, which are not evenly spaced |

Beside them a list of regulators as a data base has it, with genes that regulate nothing, and edges that motifs would
tell: most of those that there are, among several times as many that there are not.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from workflow_scripts.contracts.perturbations import Perturbation
from workflow_scripts.simulate.kinetics import Conditions, Kinetics
from workflow_scripts.simulate.streams import Streams
from workflow_scripts.simulate.topology import Topology

OVEREXPRESSED = 2.0  # rate
DOSES = (0.1, 0.3, 1.0, 3.0, 10.0)
HALF_DOSE = (0.3, 3.0)  # drawn evenly on a logarithmic scale
TARGETS = (1, 3)  # genes that a compound acts on, fewest and most
SHIFT = (0.3, 0.6)  # size of the shift of their activation at a dose without limit, up or down
TIMES = np.array([0, 10, 25, 50, 100, 200, 400])  # minutes
IDLE = 0.25  # genes that are listed as regulators and regulate nothing, as a share of those that do
FOUND = 0.8  # share of the edges that a motif tells
FALSE = 4  # edges that a motif tells and there are not, for each that it tells rightly
PRIOR = 0.5  # of an edge that a motif tells


class Treated(NamedTuple):
    """N measurements; levels of mRNA as shares of the highest, float64, without noise of measurement."""

    perturbations: list[str]  # (N,) as in `contracts/perturbations`
    series: list[str]  # (N,) "" at rest
    times: np.ndarray  # (N,) float64 minutes, NaN at rest
    levels: np.ndarray  # (N, genes)
    targets: list[tuple[str, str, float, float]]  # compound, gene, shift at a dose without limit, half dose


def treat(streams: Streams, kinetics: Kinetics, circuit: Topology, compounds: int, noise: float) -> Treated:
    """All these experiments with so many compounds; raises Unsettled. noise: of the process, see `kinetics`."""
    genes, rng = circuit.genes, streams("compounds")
    one, none = np.eye(len(genes)), np.zeros(len(genes))
    done = [str(Perturbation(genes[gene], "overexpression", OVEREXPRESSED)) for gene in circuit.regulators]
    rates = [1 + (OVEREXPRESSED - 1) * one[gene] for gene in circuit.regulators]
    shifts, targets, courses = [none] * len(rates), [], []
    for number in range(1, compounds + 1):
        name, half = f"C{number}", float(np.exp(rng.uniform(*np.log(HALF_DOSE))))
        hit = rng.choice(len(genes), rng.integers(TARGETS[0], TARGETS[1] + 1), replace=False)
        shift = none.copy()
        shift[hit] = rng.choice([-1.0, 1.0], len(hit)) * rng.uniform(*SHIFT, len(hit))
        targets += [(name, genes[gene], float(shift[gene]), half) for gene in hit]
        done += [str(Perturbation(name, "chemical", dose)) for dose in DOSES]
        rates += [one.sum(0)] * len(DOSES)
        shifts += [shift * dose / (dose + half) for dose in DOSES]
        courses.append(shift * DOSES[-1] / (DOSES[-1] + half))
    conditions = Conditions(np.array(rates).reshape(-1, len(genes)), np.array(shifts).reshape(-1, len(genes)))
    rest = kinetics.at_rest(conditions) if done else np.empty((0, len(genes)))
    followed = _followed(streams("noise of treatments"), kinetics, np.array(courses).reshape(-1, len(genes)), noise)
    acting = [str(Perturbation(f"C{number}", "chemical", DOSES[-1])) for number in range(1, compounds + 1)]
    return Treated(
        perturbations=done + [text for text in acting for _ in TIMES],
        series=[""] * len(done) + [f"C{number}" for number in range(1, compounds + 1) for _ in TIMES],
        times=np.concatenate([np.full(len(done), np.nan), np.tile(TIMES, compounds).astype(float)]),
        levels=np.concatenate([rest, followed.reshape(-1, len(genes))]),
        targets=targets,
    )


def _followed(rng: np.random.Generator, kinetics: Kinetics, shifts: np.ndarray, noise: float) -> np.ndarray:
    """Levels (courses, TIMES, genes) from the wild type on."""
    conditions = Conditions(np.ones_like(shifts), shifts)
    state = kinetics.at_start(conditions)
    levels = [state.mrna]
    for start, end in zip(TIMES[:-1], TIMES[1:], strict=True):
        state = kinetics.advanced(state, conditions, int(end - start), noise, rng)
        levels.append(state.mrna)
    return np.stack(levels, 1)


def listed_regulators(rng: np.random.Generator, circuit: Topology) -> list[str]:
    """Names of the regulators, and of some genes that regulate nothing, in the order of genes."""
    others = np.setdiff1d(np.arange(len(circuit.genes)), circuit.regulators)
    idle = rng.permutation(others)[: round(IDLE * len(circuit.regulators))]
    return [circuit.genes[gene] for gene in np.union1d(circuit.regulators, idle)]


def motif_edges(rng: np.random.Generator, circuit: Topology) -> list[tuple[str, str, float]]:
    """Source, target and prior of each edge that a motif tells, in the order of genes; none from a gene to itself."""
    there = circuit.matrix.astype(bool)
    told = there & (rng.random(there.shape) < FOUND)
    places = np.argwhere(~there[circuit.regulators])
    places[:, 0] = circuit.regulators[places[:, 0]]
    places = places[places[:, 0] != places[:, 1]]
    wrong = rng.permutation(len(places))[: FALSE * int(told.sum())]
    told[tuple(places[wrong].T)] = True
    return [(circuit.genes[source], circuit.genes[target], PRIOR) for source, target in np.argwhere(told)]
