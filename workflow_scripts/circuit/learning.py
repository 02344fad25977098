"""How a circuit is learned: what a step is of, what it minimises, and what each member is not shown.

Each member of the ensemble is left one fold of the experiments: of the series, and of the perturbed genes or compounds
with all that was done to them. What it predicts of these, rolled out from their start, or from the reference to rest,
says which penalty is chosen and which epoch of a training is the best. No truth about edges is asked for anything.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from workflow_scripts.circuit.data import Circuit, imputed
from workflow_scripts.circuit.dynamics import AT_ONCE, Dynamics
from workflow_scripts.circuit.evidence import singles, zscores
from workflow_scripts.contracts.perturbations import Perturbation
from workflow_scripts.training.objective import Loss, Term

# The first number of a seed: which of the independent streams it is.
SERIES, PERTURBED, WINDOWS, RESTS = 0, 1, 2, 3
ALWAYS = -1  # the fold of what every member is shown
MOST_RESTS = 512  # states of rest in one step, of a large circuit fewer: those of `AT_ONCE` levels of candidates
FEWEST_RESTS = 8


class Batch(NamedTuple):
    """S stretches of series, of T steps, and R states of rest; M members, G genes, K inputs."""

    levels: Tensor  # (S, T + 1, G) float32, NaN where not measured
    start: Tensor  # (S, G) the first of these, imputed
    inputs: Tensor  # (S, T, K)
    rates: Tensor  # (S, G)
    dt: Tensor  # (S, T), 0 after the end of a series
    asked: Tensor  # (M, S) bool, of which members it is asked
    rest: Tensor  # (R, G) float32, NaN where not measured
    filled: Tensor  # (R, G) the same, imputed
    rest_inputs: Tensor  # (R, K)
    rest_rates: Tensor  # (R, G)
    rest_asked: Tensor  # (M, R) bool
    known: Tensor  # (R,) bool, whether what is done there is known
    held_out: bool  # whether it is what members were not shown, to be predicted from the start alone


class Material:
    """The experiments on one circuit as batches of them."""

    def __init__(self, circuit: Circuit, members: int, seed: int, candidates: int = 1) -> None:
        """candidates: of each gene, by which a step costs memory; with more of them it has fewer states of rest."""
        filled, _ = imputed(circuit)
        self.circuit, self.seed = circuit, seed
        self.levels, self.filled = (torch.tensor(of.levels, dtype=torch.float32) for of in (circuit, filled))
        self.rates = torch.tensor(circuit.rates, dtype=torch.float32)
        self.inputs = torch.tensor(_inputs(circuit), dtype=torch.float32)
        self.times = torch.tensor(np.nan_to_num(circuit.times), dtype=torch.float32)
        steps = np.concatenate([np.diff(circuit.times[rows]) for rows in circuit.series] or [np.ones(1)])
        self.unit = float(np.median(steps))
        self.rests = _rests(circuit)
        self.series_fold, self.rest_fold = folds(circuit, members, seed)
        self.singles = singles(circuit)
        self.known = torch.tensor([bool(circuit.perturbations[row]) for row in self.rests], dtype=torch.bool)
        self.members = torch.arange(members)[:, None]
        in_a_step = AT_ONCE // (members * len(circuit.genes) * min(candidates, len(circuit.genes)))
        self.most_rests = int(np.clip(in_a_step, FEWEST_RESTS, MOST_RESTS))

    def zscores(self, targets: range) -> np.ndarray:
        """The z-score (T targets, G sources) float64 of each where a source is perturbed, 0 of one that never is."""
        if not self.singles:
            return np.zeros((len(targets), len(self.circuit.genes)))
        return zscores(self.singles, targets).weights.T

    def shown(self) -> np.ndarray:
        """Whether each member is shown experiments in which a gene is perturbed (M, G sources) bool."""
        shown = np.ones((len(self.members), len(self.circuit.genes)), bool)
        for row, fold in zip(self.rests, self.rest_fold, strict=True):
            if fold != ALWAYS:
                for one in self.circuit.perturbations[row]:
                    if one.kind != "chemical":
                        shown[fold, self.circuit.genes.index(one.target)] = False
        return shown

    def training(self, epoch: int, step: int, window: int) -> Batch:
        """A stretch of `window` steps of each series, from a random point, and states of rest, all of them if few."""
        generator = np.random.default_rng([WINDOWS, self.seed, epoch, step])
        stretches = []
        for rows in self.circuit.series:
            first = int(generator.integers(max(1, len(rows) - window)))
            stretches.append(rows[first : first + window + 1])
        rests = np.arange(len(self.rests))
        if len(rests) > self.most_rests:
            rests = np.random.default_rng([RESTS, self.seed, epoch, step]).choice(rests, self.most_rests, replace=False)
        return self._batch(stretches, rests, held_out=False)

    def held_out(self) -> Batch:
        """All that members were not shown: series from where nothing unknown acts any more, and states of rest."""
        stretches = [self.circuit.undisturbed(rows) for rows in self.circuit.series]
        return self._batch(stretches, np.flatnonzero(self.rest_fold != ALWAYS), held_out=True)

    def _batch(self, stretches: list[np.ndarray], rests: np.ndarray, held_out: bool) -> Batch:
        length = max((len(rows) for rows in stretches), default=1)
        padded = np.array([np.pad(rows, (0, length - len(rows)), mode="edge") for rows in stretches], int)
        rows = torch.tensor(padded.reshape(len(stretches), length))
        absent = torch.arange(length) >= torch.tensor([len(of) for of in stretches], dtype=torch.long)[:, None]
        of_rest = torch.tensor(self.rests[rests], dtype=torch.long)
        asked, rest_asked = (
            (torch.tensor(fold) == self.members) == held_out for fold in (self.series_fold, self.rest_fold[rests])
        )
        return Batch(
            levels=self.levels[rows].masked_fill(absent[:, :, None], torch.nan),
            start=self.filled[rows[:, 0]],
            inputs=self.inputs[rows[:, :-1]],
            rates=self.rates[rows[:, 0]],
            dt=self.times[rows[:, 1:]] - self.times[rows[:, :-1]],
            asked=asked,
            rest=self.levels[of_rest],
            filled=self.filled[of_rest],
            rest_inputs=self.inputs[of_rest],
            rest_rates=self.rates[of_rest],
            rest_asked=rest_asked,
            known=self.known[rests],
            held_out=held_out,
        )


def folds(circuit: Circuit, members: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The fold (0 to members - 1) int64 of each series, and of each state of rest, of those that are perturbed by what.

    All that is done to a gene is one fold. Of a compound it is one dose: what another compound does is no way to know.
    The circuit as it is, is shown to all members (`ALWAYS`), unless there is nothing else to hold out.
    """
    rests = _rests(circuit)
    done = ["+".join(sorted({_what(one) for one in circuit.perturbations[row]})) for row in rests]
    if not circuit.series and not any(done):
        done = [str(row) for row in rests]
    names = sorted(set(done) - {""})
    of_name = dict(zip(names, _dealt(len(names), members, [PERTURBED, seed]), strict=True))
    of_rest = np.array([of_name.get(name, ALWAYS) for name in done], int)
    return _dealt(len(circuit.series), members, [SERIES, seed]), of_rest


def _what(one: Perturbation) -> str:
    return str(one) if one.kind == "chemical" else one.target


def _rests(circuit: Circuit) -> np.ndarray:
    """Rows (R,) of the states of rest that are learned from: where nothing unknown acts, if there are any.

    What acts unknown on every gene is as large as what its regulators do: beside states without, these tell nothing.
    """
    known = circuit.at_rest[~circuit.disturbed[circuit.at_rest]]
    return known if len(known) else circuit.at_rest


def _dealt(number: int, hands: int, seed: list[int]) -> np.ndarray:
    return np.random.default_rng(seed).permutation(number) % hands


def _inputs(circuit: Circuit) -> np.ndarray:
    """(N, K): the dose of each compound, and of each series whether something unknown acts."""
    acting = np.zeros((len(circuit.levels), len(circuit.series)))
    for number, rows in enumerate(circuit.series):
        acting[rows, number] = circuit.disturbed[rows]
    return np.hstack([circuit.chemicals, acting])


def loss(model: Dynamics, batch: Batch, spec: dict[str, Any], discount: Tensor) -> Loss:
    """What a step minimises, and the mean squared error that is reported, in variances of each gene.

    discount: (M, G, C), by how much evidence lowers the penalty of each weight. spec: penalty, rest_weight and
    input_penalty of a run.
    """
    (over_time, steps), (rest, states) = errors(model, batch)
    weights = (discount * model.weight.abs()).sum() / (len(model.weight) * model.config.genes)
    inputs = model.effect.abs().mean() if model.effect.numel() else model.effect.sum()
    kept = spec["penalty"] * weights + spec["input_penalty"] * inputs
    terms = (Term(over_time, steps), Term(spec["rest_weight"] * rest, states), Term(kept, 1))
    return Loss(over_time + rest, steps + states, terms)


def errors(model: Dynamics, batch: Batch) -> tuple[tuple[Tensor, int], tuple[Tensor, int]]:
    """Sums of squared errors in variances, and of how many levels: over time, and at rest."""
    predicted = model.follow(batch.start, batch.inputs, batch.rates, batch.dt)
    over_time = _errors(model, predicted, batch.levels[:, 1:], batch.asked)
    if batch.held_out:
        at_rest = model.rest(batch.rest_inputs, batch.rest_rates)
        shown = model.production(batch.filled, batch.rest_inputs, batch.rest_rates)
        at_rest = torch.where(batch.known[:, None], at_rest, shown)
    else:
        at_rest = model.production(batch.filled, batch.rest_inputs, batch.rest_rates)
    untouched = batch.rest.masked_fill(batch.rest_rates != 1, torch.nan)
    return over_time, _errors(model, at_rest, untouched, batch.rest_asked)


def _errors(model: Dynamics, predicted: Tensor, levels: Tensor, asked: Tensor) -> tuple[Tensor, int]:
    """The sum of squared errors in variances, and of how many: predicted (M, S, ..., G), levels (S, ..., G)."""
    wanted = torch.isfinite(levels) & asked.reshape(*asked.shape, *[1] * (levels.dim() - 1))
    apart = (predicted - torch.nan_to_num(levels)) / model.sd
    return torch.where(wanted, apart, 0).square().sum(), int(wanted.sum())
