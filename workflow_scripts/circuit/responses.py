"""What a trained circuit predicts of perturbations, and of what follows of a state."""

from __future__ import annotations

import numpy as np
import torch

from workflow_scripts.circuit.data import Circuit
from workflow_scripts.circuit.denoising import denoised_singles
from workflow_scripts.circuit.dynamics import Dynamics
from workflow_scripts.circuit.ensemble import half_width
from workflow_scripts.circuit.learning import Material
from workflow_scripts.circuit.response_baselines import greatest
from workflow_scripts.circuit.roll_out_baselines import courses
from workflow_scripts.circuit.use import at_rest
from workflow_scripts.contracts.perturbations import Perturbation


def combined(
    model: Dynamics, circuit: Circuit, done: list[tuple[Perturbation, ...]], rule: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Levels (R, G) under several perturbations at once, and their sd over members; see `combined_members`."""
    levels = combined_members(model, circuit, done, rule)
    return levels.mean(0), levels.std(0)


def combined_members(
    model: Dynamics, circuit: Circuit, done: list[tuple[Perturbation, ...]], rule: np.ndarray
) -> np.ndarray:
    """Levels (M, R, G) under several perturbations at once.

    rule: (R, G) or (M, R, G), what the denoised effects of each alone come to, the greater of these a gene. To it comes
    by how much the circuit departs from the same rule on what it predicts of each alone: so measurements say how far a
    perturbation reaches, and the circuit what two of them have in common.
    """
    singles = sorted({(one,) for those in done for one in those})
    alone = dict(
        zip(singles, at_rest(model, circuit.genes, circuit.compounds, singles).transpose(1, 0, 2), strict=True)
    )
    undisturbed = at_rest(model, circuit.genes, circuit.compounds, [()])[:, 0]
    together = at_rest(model, circuit.genes, circuit.compounds, done)
    departs = np.empty_like(together)
    for row, those in enumerate(done):
        effects = np.stack([alone[(one,)] - undisturbed for one in those])
        departs[:, row] = together[:, row] - undisturbed - greatest(effects)
    levels = np.clip(rule + departs, model.floor.numpy(), model.ceiling.numpy())
    for row, those in enumerate(done):
        levels[:, row, [circuit.genes.index(one.target) for one in those if one.kind == "knockout"]] = 0
    return levels


def changes(model: Dynamics, circuit: Circuit, done: list[tuple[Perturbation, ...]]) -> np.ndarray:
    """Changes (M, R, G) at rest under each of R sets of perturbations, from the circuit as it is.

    Of a single one they are the circuit's own, measured or not. Of several see `combined_members`, with the effects of
    each alone as they were measured, denoised, as far as they were, else as the circuit has them.
    """
    names, reference = (circuit.genes, circuit.compounds), circuit.reference()
    undisturbed = at_rest(model, *names, [()])[:, 0]
    found = at_rest(model, *names, done) - undisturbed[:, None]
    several = [row for row, those in enumerate(done) if len(those) > 1]
    if several:
        singles = sorted({one for row in several for one in done[row]})
        alone = at_rest(model, *names, [(one,) for one in singles]) - undisturbed[:, None]
        effects = dict(zip(singles, alone.transpose(1, 0, 2), strict=True))
        denoised = denoised_singles(circuit)
        effects |= {one: np.tile(denoised[one] - reference, (len(alone), 1)) for one in singles if one in denoised}
        rule = np.stack([reference + greatest(np.stack([effects[one] for one in done[row]])) for row in several], 1)
        found[:, several] = combined_members(model, circuit, [done[row] for row in several], rule) - reference
    return found


def rolled_out(model: Dynamics, circuit: Circuit, seed: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Of each of `courses` the levels (T, G) that follow of its start, by the member that was not shown this series.

    And half of their interval (T, G), by the spread of the others about their own mean; where these lie, which have
    seen the series, has no part in it. seed: of the run.
    """
    material = Material(circuit, model.config.members, seed)
    batch = material.held_out()
    with torch.no_grad():
        found = model.follow(batch.start, batch.inputs, batch.rates, batch.dt).double().numpy()
    last = [rows[-1] for rows in circuit.series]
    of_course = [last.index(rows[-1]) for rows in courses(circuit)]
    levels, halves = [], []
    for series, rows in zip(of_course, courses(circuit), strict=True):
        fold, course = material.series_fold[series], found[:, series, : len(rows) - 1]
        levels.append(course[fold])
        others = np.delete(course, fold, axis=0)
        halves.append(half_width(others.std(0), len(others), 1))
    return levels, halves
