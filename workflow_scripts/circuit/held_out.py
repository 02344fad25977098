"""What each member of a circuit predicts of the experiments that it was not shown, and what that says of its errors.

Of these no truth about edges and no outcome is known: they are those that a circuit is learned from.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from workflow_scripts.circuit.calibration import SHARES, Calibrations, HeldOut, calibrated
from workflow_scripts.circuit.dynamics import Dynamics
from workflow_scripts.circuit.learning import Material


def calibrations(model: Dynamics, material: Material) -> Calibrations:
    """Those of states of rest and of courses, of a model that was learned from `material`."""
    members = model.config.members
    return Calibrations(
        at_rest=calibrated(at_rest(model, material), members, SHARES["at_rest"]),
        over_time=calibrated(over_time(model, material), members, SHARES["over_time"]),
    )


def at_rest(model: Dynamics, material: Material) -> HeldOut:
    """States of rest (E, G) under perturbations that are known; changes are from the unperturbed circuit at rest."""
    batch = material.held_out()
    known = batch.known
    inputs, rates = batch.rest_inputs[known], batch.rest_rates[known]
    with torch.no_grad():
        levels = model.rest(inputs, rates)
        undisturbed = model.rest(inputs.new_zeros(1, inputs.shape[1]), rates.new_ones(1, rates.shape[1]))
    measured = batch.rest[known].masked_fill(rates != 1, torch.nan)
    return _by_who_was_not_shown(batch.rest_asked[:, known], levels, levels - undisturbed, measured)


def over_time(model: Dynamics, material: Material) -> HeldOut:
    """Courses (E series, T times, G) from where nothing unknown acts any more; changes are from where each starts."""
    batch = material.held_out()
    with torch.no_grad():
        levels = model.follow(batch.start, batch.inputs, batch.rates, batch.dt)
    measured = batch.levels[:, 1:].masked_fill(batch.rates[:, None] != 1, torch.nan)
    return _by_who_was_not_shown(batch.asked, levels, levels - batch.start[:, None], measured)


def _by_who_was_not_shown(asked: Tensor, levels: Tensor, changes: Tensor, measured: Tensor) -> HeldOut:
    """asked (M, E) bool: who was not shown which, one each; levels and changes (M, E, ..., G)."""
    member = asked.to(torch.uint8).argmax(0).numpy()
    own = member, np.arange(len(member))
    return HeldOut(member, *(of.double().numpy()[own] for of in (levels, changes)), measured.double().numpy())
