"""Intervals calibrated on what members of an ensemble were not shown: CV+; with numpy alone.

Each member is left one fold of the experiments. Of a level i in the fold of member k its score is the size of the
member's error in units of what error is to be expected there, |measured - predicted| / scale. A new measurement lies in
CV+ (Barber, Candes, Ramdas, Tibshirani 2021, Annals of Statistics 49:486, doi:10.1214/20-AOS1965), of n such levels and
with a = 1 - `LEVEL`, from the floor(a (n + 1))-th smallest of

    predicted_k(i) - score_i scale_k(i)

to the ceil((1 - a) (n + 1))-th smallest of the same with a plus: of each score what its own member says of what is new.
So where members disagree it is wider. The scale of member k for gene g, which is predicted to change by d, is

    sqrt(base_kg ** 2 + (share d) ** 2)

base: the root mean square of errors of this gene, in all folds but the member's own, as if `PRIOR` errors as large as
those of all genes were among them. share: `SHARES`, chosen on simulated circuits of 10 to 100 genes.

The interval is of one measurement, with its noise, and holds if what is asked is exchangeable with what was held out.
It then holds for the share `LEVEL` of levels over all genes and experiments, not for that of each gene. That two
perturbations at once are predicted as well as one is an assumption. The penalty and the epoch of a training were chosen
by these errors too, which makes them a little smaller than those of new experiments.

Over time the change since the start stands for the time that has passed: courses that go back to rest have errors that
come to an end, as their changes do.
"""

from __future__ import annotations

from math import ceil
from typing import NamedTuple

import numpy as np

from workflow_scripts.circuit.ensemble import LEVEL

SHARES = {"at_rest": 0.25, "over_time": 0.1}
PRIOR = 10  # errors
POINTS = 100  # scores of a member that are kept; of more, as many quantiles
AT_ONCE = 2**20  # numbers that are ranked at a time, which bounds memory


class HeldOut(NamedTuple):
    """E experiments (T times, or none of that axis; G genes) as the member predicts them that was not shown each."""

    member: np.ndarray  # (E,) int64
    predicted: np.ndarray  # (E, ..., G) float64 levels
    change: np.ndarray  # (E, ..., G) predicted changes, from where it starts or from the unperturbed circuit
    measured: np.ndarray  # (E, ..., G) levels, NaN where there is none, or where the perturbation sets it

    def without(self, experiment: int) -> HeldOut:
        return HeldOut(*(np.delete(part, experiment, axis=0) for part in self))


class Scores(NamedTuple):
    """The scores of M members."""

    points: np.ndarray  # (M, POINTS) float64 scores in order, or quantiles of them; infinite after the last
    number: np.ndarray  # (M,) int64 how many scores each had


class Calibration(NamedTuple):
    """What intervals of levels are made of."""

    base: np.ndarray  # (M, G) float64, in the unit of levels
    share: np.ndarray  # () float64
    points: np.ndarray  # of Scores
    number: np.ndarray


class Calibrations(NamedTuple):
    """Those of a circuit."""

    at_rest: Calibration  # by states of rest under perturbations
    over_time: Calibration  # by courses that nothing unknown acts on any more


def calibrated(held: HeldOut, members: int, share: float) -> Calibration:
    """Of levels that were held out; there may be none."""
    genes, (experiment, *_, gene) = held.measured.shape[-1], np.nonzero(np.isfinite(held.measured))
    wanted = np.isfinite(held.measured)
    error, change = np.abs(held.measured - held.predicted)[wanted], held.change[wanted]
    member = held.member[experiment]
    base = np.empty((members, genes))
    for number in range(members):
        others = member != number if (member != number).any() else np.ones(len(member), bool)
        squares = error[others] ** 2
        every = squares.mean() if len(squares) else 0.0
        sums, counts = (np.bincount(gene[others], of, genes) for of in (squares, np.ones(len(squares))))
        base[number] = np.sqrt((sums + PRIOR * every) / (counts + PRIOR))
    base = np.maximum(base, np.finfo(float).tiny)  # where nothing was ever wrong
    scores = scored(error / _scale(base[member, gene], share, change), member, members)
    return Calibration(base, np.array(share), *scores)


def scale(calibration: Calibration, changes: np.ndarray) -> np.ndarray:
    """What error is to be expected (M, ..., G) where each member predicts such changes (M, ..., G)."""
    base = calibration.base.reshape(len(changes), *[1] * (changes.ndim - 2), -1)
    return _scale(base, calibration.share, changes)


def of_member(calibration: Calibration, held: HeldOut) -> np.ndarray:
    """What error is to be expected (E, G) of the member that each state of rest (E, G) was held out from."""
    return _scale(calibration.base[held.member], calibration.share, held.change)


def interval(calibration: Calibration, levels: np.ndarray, changes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both ends (..., G) of levels and changes that each member predicts (M, ..., G); see `ends`."""
    return ends(Scores(calibration.points, calibration.number), levels, scale(calibration, changes))


def scored(score: np.ndarray, member: np.ndarray, members: int) -> Scores:
    """Scores (n,) by the members (n,) that they are of."""
    points, number = np.full((members, POINTS), np.inf), np.bincount(member, minlength=members)
    for of in np.flatnonzero(number):
        kept = min(number[of], POINTS)
        at = (np.arange(kept) + 0.5) / kept
        points[of, :kept] = np.quantile(score[member == of], at, method="inverted_cdf")
    return Scores(points, number)


def ends(scores: Scores, predicted: np.ndarray, expected: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both ends (...) of what each member predicts, with the error that is to be expected of it (M, ...).

    NaN where fewer scores are than it takes, nine for 90 %: of these none is as rare as what is to lie outside.
    """
    members, shape, count = len(predicted), predicted.shape[1:], int(scores.number.sum())
    rank = ceil(LEVEL * (count + 1) - 1e-9)
    low, high = (np.full(int(np.prod(shape)), np.nan) for _ in range(2))
    if rank <= count:
        member, place = np.nonzero(np.isfinite(scores.points))
        point, weight = scores.points[member, place, None], scores.number[member] / np.bincount(member)[member]
        centre, unit = (of.reshape(members, -1) for of in (predicted, expected))
        step = max(1, AT_ONCE // len(weight))
        for first in range(0, len(low), step):
            part = slice(first, first + step)
            half, level = point * unit[member, part], centre[member, part]
            high[part], low[part] = _ranked(level + half, weight, rank), -_ranked(half - level, weight, rank)
    return low.reshape(shape), high.reshape(shape)


def _ranked(values: np.ndarray, weight: np.ndarray, rank: int) -> np.ndarray:
    """The least (N,) of values (V, N) with which the weights (V,) of those up to it come to `rank`."""
    order = np.argsort(values, axis=0, kind="stable")
    there = (np.cumsum(weight[order], axis=0) >= rank - 1e-6).argmax(0)
    return np.take_along_axis(values, np.take_along_axis(order, there[None], 0), 0)[0]


def _scale(base: np.ndarray, share: float | np.ndarray, change: np.ndarray) -> np.ndarray:
    return np.sqrt(base**2 + (share * change) ** 2)
