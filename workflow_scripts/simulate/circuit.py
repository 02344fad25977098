"""Experiments on a circuit: those of DREAM4, steady states of perturbed genes and time series of a disturbance.

| experiment | what is done |
|---|---|
| wild type | nothing |
| knock-out | the rate of one gene is 0; of each gene in turn |
| knock-down | the rate of one gene is half; of each gene in turn |
| multifactorial | the activation of every gene is shifted a little; as many as there are genes |
| dual knock-out | the rates of two regulators are 0 |
| time series | the activation of a third of the genes is shifted much for 500 minutes, and not for 500 more |

Others, with compounds by dose among them, are those of `treatments.py`. What is at rest has no noise but that of the
measurement; a series has noise of its course as well (`kinetics.py`).
"""

from __future__ import annotations

import logging
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np

from workflow_scripts.contracts import truth
from workflow_scripts.io.errors import BadInput
from workflow_scripts.simulate.kinetics import Conditions, Kinetics, Unsettled, draw
from workflow_scripts.simulate.streams import Streams
from workflow_scripts.simulate.topology import Topology, planted, scale_free, with_feedback
from workflow_scripts.simulate.treatments import Treated, treat

TIMES = np.arange(0, 1001, 50)  # minutes
RELEASE = 500  # minutes, at which a disturbance ends
DISTURBED = 1 / 3  # share of the genes, in each series
DISTURBANCE = (0.1, 0.6)  # size of the shift of their activation, up or down
MULTIFACTORIAL = 0.12  # sd of the shift of every gene's activation
KNOCKED_DOWN = 0.5  # rate
DIM = 0.2  # level below which the noise of a measurement falls with the level, down to 0
RETURNED = 1e-6  # distance from the wild type at which a circuit has returned to it
ATTEMPTS = 50


class Experiments(NamedTuple):
    """Levels of mRNA as shares of the highest, float64, genes in the last axis, without noise of measurement."""

    wildtype: np.ndarray  # 1 x genes
    knockouts: np.ndarray  # genes x genes
    knockdowns: np.ndarray  # genes x genes
    multifactorial: np.ndarray  # genes x genes
    pairs: np.ndarray  # pairs x 2, int64: the genes of dual knock-outs
    dualknockouts: np.ndarray  # pairs x genes
    timeseries: np.ndarray  # series x TIMES x genes
    treated: Treated


def topology_of(streams: Streams, organism: Path | None, sizes: dict) -> tuple[Topology, int]:
    """The topology of a circuit, and how many of its edges are feedback.

    organism: the truth of the simulated organism, part of whose network it is; None for a network of its own. sizes: as
    of `perform`. Raises BadInput where the organism's network is too small.
    """
    if organism:
        network, order = truth.read("network", organism), truth.read("genes", organism)["gene_id"].tolist()
        circuit = planted(streams("genes"), network, order, sizes["genes"], organism / "network.tsv")
    else:
        circuit = scale_free(streams("network"), sizes["genes"])
    found = with_feedback(streams("feedback"), circuit, sizes["feedback"])
    return found, len(found.sources) - len(circuit.sources)


def perform(streams: Streams, circuit: Topology, sizes: dict, where: Path) -> Experiments:
    """All experiments on a circuit, whose kinetics are drawn until it settles in all of them.

    sizes: the section `simulate/circuits/{circuit}` of the configuration. Raises BadInput, which names `where`, if it
    never settles.
    """
    return settle(streams, circuit, sizes, where)[1]


def settle(streams: Streams, circuit: Topology, sizes: dict, where: Path) -> tuple[Kinetics, Experiments]:
    """The same with the kinetics that the circuit settles with."""
    for attempt in range(ATTEMPTS):
        kinetics = draw(streams(f"kinetics {attempt}"), circuit)
        try:
            return kinetics, _perform(streams, kinetics, circuit, sizes)
        except Unsettled:
            logging.info("kinetics %d: the circuit oscillates, or keeps another state than the wild type", attempt)
    reason = f"it settles with none of {ATTEMPTS} draws of its kinetics"
    raise BadInput(where, "", reason, "Give `feedback` of the circuit a smaller number, or another seed.")


def _perform(streams: Streams, kinetics: Kinetics, circuit: Topology, sizes: dict) -> Experiments:
    genes = len(kinetics.basal)
    series = _disturbed(streams("disturbances"), sizes["series"], genes)
    _require_return(kinetics, series)
    pairs = pairs_of(streams("dual knock-outs"), circuit.regulators, sizes["double_knockouts"])
    one = np.eye(genes)
    two = one[pairs].sum(1)
    rates = [np.ones((1, genes)), 1 - one, 1 - (1 - KNOCKED_DOWN) * one, np.ones((genes, genes)), 1 - two]
    shifts = np.zeros((sum(map(len, rates)), genes))
    places = np.cumsum([len(part) for part in rates])
    shifts[places[2] : places[3]] = streams("multifactorial").normal(0, MULTIFACTORIAL, (genes, genes))
    rest = kinetics.at_rest(Conditions(np.concatenate(rates), shifts))
    *singles, dual = np.split(rest, places[:-1])
    course = _course(streams("process noise"), kinetics, series, sizes["process_noise"])
    treated = treat(streams, kinetics, circuit, sizes["compounds"], sizes["process_noise"])
    return Experiments(*singles, pairs, dual, course, treated)


def _disturbed(rng: np.random.Generator, series: int, genes: int) -> Conditions:
    hit = rng.permuted(np.tile(np.arange(genes) < round(DISTURBED * genes), (series, 1)), axis=1)
    shifts = hit * rng.choice([-1.0, 1.0], hit.shape) * rng.uniform(*DISTURBANCE, hit.shape)
    return Conditions(np.ones(hit.shape), shifts)


def _released(conditions: Conditions) -> Conditions:
    return conditions._replace(shifts=np.zeros_like(conditions.shifts))


def _require_return(kinetics: Kinetics, series: Conditions) -> None:
    """Raise Unsettled unless the wild type is that to which the circuit returns from all its disturbances."""
    moved = kinetics.advanced(kinetics.at_start(series), series, RELEASE)
    if np.abs(kinetics.at_rest(_released(series), moved) - kinetics.wild_type).max() > RETURNED:
        raise Unsettled


def pairs_of(rng: np.random.Generator, regulators: np.ndarray, number: int) -> np.ndarray:
    """Pairs of regulators, all if there are no more than `number`."""
    every = np.array(list(combinations(regulators, 2)))
    return every[np.sort(rng.permutation(len(every))[:number])]


def _course(rng: np.random.Generator, kinetics: Kinetics, series: Conditions, noise: float) -> np.ndarray:
    state = kinetics.at_start(series)
    levels = [state.mrna]
    for start, end in zip(TIMES[:-1], TIMES[1:], strict=True):
        conditions = series if start < RELEASE else _released(series)
        state = kinetics.advanced(state, conditions, end - start, noise, rng)
        levels.append(state.mrna)
    return np.stack(levels, 1)


def measured(rng: np.random.Generator, levels: np.ndarray, sd: float) -> np.ndarray:
    """Levels with the noise of a measurement, of the standard deviation `sd` but for dim genes; none is below 0."""
    return np.maximum(levels + sd * np.minimum(1, levels / DIM) * rng.standard_normal(levels.shape), 0)
