"""What a trained circuit predicts of perturbations, and of what follows of a state."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from workflow_scripts.circuit import held_out
from workflow_scripts.circuit.calibration import SHARES, Calibration, calibrated, interval
from workflow_scripts.circuit.data import Circuit
from workflow_scripts.circuit.denoising import denoised_singles
from workflow_scripts.circuit.dynamics import Dynamics
from workflow_scripts.circuit.learning import Material
from workflow_scripts.circuit.response_baselines import greatest
from workflow_scripts.circuit.roll_out_baselines import courses
from workflow_scripts.circuit.use import at_rest, perturbed
from workflow_scripts.contracts.perturbations import Perturbation


class Predicted(NamedTuple):
    """Levels, and what is known of their errors; float64, the axes of what is predicted and genes last."""

    levels: np.ndarray
    sd: np.ndarray  # over the members
    low: np.ndarray  # ends of the 90 % interval of a new measurement, NaN where there is none
    high: np.ndarray


def combined(
    model: Dynamics,
    calibration: Calibration,
    circuit: Circuit,
    done: list[tuple[Perturbation, ...]],
    rule: np.ndarray,
) -> Predicted:
    """What comes (R, G) of several perturbations at once, see `combined_members`.

    calibration: of states of rest, under single perturbations and predicted by the circuit alone; that what is combined
    has errors of this size, in proportion to its changes from the reference, is an assumption. Genes that are perturbed
    themselves have no interval.
    """
    levels = combined_members(model, circuit, done, rule)
    low, high = interval(calibration, levels, levels - circuit.reference())
    own = np.array([perturbed(circuit.genes, those) for those in done])
    return Predicted(levels.mean(0), levels.std(0), np.where(own, np.nan, low), np.where(own, np.nan, high))


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


def rolled_out(model: Dynamics, circuit: Circuit, seed: int) -> list[Predicted]:
    """Of each of `courses` what follows (T, G) of its start, by the member that was not shown this series.

    The interval lies about this member and is calibrated on all series but the one that is asked for: where the other
    members lie, which have seen it, has no part in it. seed: of the run.
    """
    held = held_out.over_time(model, Material(circuit, model.config.members, seed))
    last, members, found = [rows[-1] for rows in circuit.series], model.config.members, []
    for rows in courses(circuit):
        series, times = last.index(rows[-1]), len(rows) - 1
        calibration = calibrated(held.without(series), members, SHARES["over_time"])
        level, change = (of[series, :times] for of in (held.predicted, held.change))
        alike = (np.broadcast_to(of, (members, *of.shape)) for of in (level, change))
        found.append(Predicted(level, np.zeros_like(level), *interval(calibration, *alike)))
    return found
