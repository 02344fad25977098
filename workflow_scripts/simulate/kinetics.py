"""Kinetics of a circuit: how fast its genes are transcribed, given the proteins that there are.

Of each gene, with the time t in minutes and levels as shares of the highest that it can have:

    dx/dt = d (m a(y) - x)                   mRNA: half-life log(2) / d, rate m (0 knocked out, 0.5 knocked down)
    dy/dt = e (x - y)                        protein: half-life log(2) / e
    a(y)  = b + u + sum of c_k p_k(y)        activation of the promoter, held in [0, 1]; u: a disturbance
    p_k   = product of s / (1 + s) (activators) and 1 / (1 + s) (repressors), with s = (y_j / K_j)^h_j

So a promoter has modules k, each of which is active with the probability p_k that its activators are bound and its
repressors are not, and moves the activation by c_k, up or down: the thermodynamic model of GeneNetWeaver (Marbach et
al., PNAS 2010, 107:6286; Schaffter et al., Bioinformatics 2011, 27:2263), with effects of modules that add up. b and c
leave a in [0, 1] where nothing is disturbed, so that no edge is cut off. K is drawn relative to the level that the
regulator has in the wild type: what binds a promoter binds it at concentrations that occur. The wild type follows from
that without a search: y_j / K_j is known, thus p, thus a = x = y of each gene, and thus K.

Noise is that of GeneNetWeaver's Langevin equations: transcription, translation and decay each add their own to dx or
dy, n sqrt(v) dW with the speed v of the process and one coefficient n. Integrated by Euler and Maruyama's method.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from workflow_scripts.simulate.topology import Topology

HALF_LIFE = (5.0, 50.0)  # minutes, of mRNA and of protein
ALONE = 0.6  # probability that an edge opens a module of its own
EFFECT = (0.5, 1.0)  # size of what a module does, before those of a gene are brought within [0, 1]
UNREGULATED = (0.3, 1.0)  # activation of genes without regulators
OCCUPANCY = (0.4, 2.5)  # wild-type level of a regulator by the K of its target's promoter
HILL = (2.0, 1.0, 1.0, 4.0)  # mean, sd, lowest and highest of Hill coefficients: up to four binding sites
STEP = 1.0  # minutes, in which nothing halves: the shortest half-life is five times as long
AT_REST = 1e-9  # no level is further than this from what it tends to
CHECKED = 100  # minutes, after each of which it is looked whether a circuit is at rest
LONGEST = 10_000  # minutes, until which it must be


class Unsettled(Exception):
    """The circuit does not come to rest."""


class State(NamedTuple):
    """Levels, experiments x genes, float64."""

    mrna: np.ndarray
    protein: np.ndarray


class Conditions(NamedTuple):
    """What is done to the genes, experiments x genes, float64."""

    rates: np.ndarray  # m: 1, or less where a gene is knocked down
    shifts: np.ndarray  # u: 0, or what disturbs the activation


class Kinetics(NamedTuple):
    """Of the edges in order of modules, of the modules in order of genes, and of the genes."""

    sources: np.ndarray  # edges, int64
    hill: np.ndarray  # edges: h, negative of a repressor of its module
    constants: np.ndarray  # edges: K, as shares of the highest level
    starts: np.ndarray  # modules, int64: their first edges
    effects: np.ndarray  # modules x genes: c
    basal: np.ndarray  # genes: b
    mrna_decay: np.ndarray  # genes: d, a minute
    protein_decay: np.ndarray  # genes: e, a minute
    wild_type: np.ndarray  # genes: level of mRNA and protein

    def activation(self, protein: np.ndarray, shifts: np.ndarray | float = 0.0) -> np.ndarray:
        """a(y) of `protein` (experiments x genes), of the same shape."""
        with np.errstate(divide="ignore"):  # of a protein that is not there
            logs = np.log(protein)[:, self.sources] - np.log(self.constants)
        active = _active(logs, self.hill, self.starts)
        return np.clip(self.basal + shifts + active @ self.effects, 0, 1)

    def advanced(
        self,
        state: State,
        conditions: Conditions,
        minutes: int,
        noise: float = 0.0,
        rng: np.random.Generator | None = None,
    ) -> State:
        """The state some minutes later; `noise` is the coefficient n, which takes `rng`."""
        mrna, protein = state
        for _ in range(round(minutes / STEP)):
            made = conditions.rates * self.activation(protein, conditions.shifts)
            next_mrna = mrna + STEP * self.mrna_decay * (made - mrna)
            next_protein = protein + STEP * self.protein_decay * (mrna - protein)
            if noise:
                next_mrna += noise * _langevin(rng, self.mrna_decay, made, mrna)
                next_protein += noise * _langevin(rng, self.protein_decay, mrna, protein)
            mrna, protein = np.maximum(next_mrna, 0), np.maximum(next_protein, 0)
        return State(mrna, protein)

    def at_start(self, conditions: Conditions) -> State:
        """The wild type, without the genes that are knocked out."""
        levels = np.where(conditions.rates > 0, self.wild_type, 0.0)
        return State(levels, levels)

    def at_rest(self, conditions: Conditions, state: State | None = None) -> np.ndarray:
        """The levels (experiments x genes) to which a state tends, by default the one at the start.

        Raises Unsettled where it tends to none.
        """
        state = state or self.at_start(conditions)
        levels, moving = state.mrna.copy(), np.arange(len(state.mrna))
        for _ in range(0, LONGEST, CHECKED):
            state = self.advanced(state, conditions, CHECKED)
            levels[moving] = state.mrna
            on = self._distance(state, conditions) > AT_REST
            if not on.any():
                return levels
            moving = moving[on]
            state, conditions = State(*(part[on] for part in state)), Conditions(*(part[on] for part in conditions))
        raise Unsettled

    def _distance(self, state: State, conditions: Conditions) -> np.ndarray:
        """How far each experiment is from rest."""
        made = conditions.rates * self.activation(state.protein, conditions.shifts)
        return np.maximum(np.abs(made - state.mrna), np.abs(state.mrna - state.protein)).max(1)


def draw(rng: np.random.Generator, circuit: Topology) -> Kinetics:
    """Draw the kinetics of a circuit, in which each edge moves its target in the direction of its sign."""
    genes, edges = len(circuit.genes), []
    starts, effects, basal = [], [], rng.uniform(*UNREGULATED, genes)
    for gene in range(genes):
        own = rng.permutation(np.flatnonzero(circuit.targets == gene))
        if not len(own):
            continue
        opens = (rng.random(len(own)) < ALONE) | (np.arange(len(own)) == 0)
        sizes = rng.uniform(*EFFECT, opens.sum())
        moved = circuit.signs[own[opens]] * sizes / max(1.0, sizes.sum())
        starts += (len(edges) + np.flatnonzero(opens)).tolist()
        effects += [np.eye(genes)[gene] * change for change in moved]
        edges += own.tolist()
        basal[gene] = -moved[moved < 0].sum() + rng.random() * (1 - np.abs(moved).sum())
    change = np.sign(np.sum(effects, 1))[np.searchsorted(starts, np.arange(len(edges)), side="right") - 1]
    mean, sd, *limits = HILL
    hill = np.clip(rng.normal(mean, sd, len(edges)), *limits) * circuit.signs[edges] * change
    occupancy = rng.uniform(*np.log(OCCUPANCY), len(edges))
    wild_type = basal + _active(occupancy[None], hill, starts)[0] @ np.array(effects)
    sources = circuit.sources[edges]
    return Kinetics(
        sources=sources,
        hill=hill,
        constants=wild_type[sources] / np.exp(occupancy),
        starts=np.array(starts),
        effects=np.array(effects),
        basal=basal,
        mrna_decay=np.log(2) / rng.uniform(*HALF_LIFE, genes),
        protein_decay=np.log(2) / rng.uniform(*HALF_LIFE, genes),
        wild_type=wild_type,
    )


def _active(logs: np.ndarray, hill: np.ndarray, starts: np.ndarray | list[int]) -> np.ndarray:
    """p_k (experiments x modules) of the logarithm of the levels of regulators by their K (experiments x edges)."""
    with np.errstate(over="ignore"):
        return np.multiply.reduceat(1 / (1 + np.exp(-hill * logs)), starts, axis=1)


def _langevin(rng: np.random.Generator, decay: np.ndarray, made: np.ndarray, level: np.ndarray) -> np.ndarray:
    """What chance adds to a level in a step, for a coefficient of 1: of its making and of its decay."""
    speeds = np.sqrt(STEP * decay * np.stack([made, level]))
    return np.subtract(*(speeds * rng.standard_normal(speeds.shape)))
