"""A circuit that was not trained: its weights are set to the kinetics of `material`, its members are apart."""

from __future__ import annotations

import numpy as np
import torch

from tests.circuit.material import GATE, WEIGHTS, rest
from workflow_scripts.circuit.dynamics import Dynamics, Shape

SHIFT = np.array([-0.02, 0.0, 0.05])  # of what each of three members makes of its baseline
DRUG = np.array([0.0, 0.3, 0.0])  # what a dose of 1, that of half its effect, adds to the production of each gene


def planted(inputs: int = 2) -> Dynamics:
    """Three members with the kinetics of `material`, apart by `SHIFT`, one input of a drug and one of a series."""
    model = Dynamics(Shape(3, 3, 3, inputs, compounds=min(inputs, 1)))
    reference, sd = rest(np.ones(3)), np.array([0.1, 0.2, 0.3])
    model.source.copy_(torch.arange(3).expand(3, 3))
    for name, values in {"reference": reference, "sd": sd, "ceiling": np.full(3, 2.0)}.items():
        getattr(model, name).copy_(torch.tensor(values))
    model.unit.copy_(torch.tensor(50.0))
    with torch.no_grad():
        model.weight.copy_(torch.tensor(WEIGHTS * sd / sd[:, None]).expand(3, 3, 3))
        model.baseline.copy_(torch.tensor(SHIFT)[:, None] / torch.tensor(sd))
        model.gate.fill_(float(np.log(GATE / (1 - GATE))))
        if inputs:
            model.effect[:, 0] = torch.tensor(2 * DRUG / sd)  # of a dose without limit; half of it is that of 1
    return model


def planted_rest(rates: np.ndarray, extra: np.ndarray | float = 0.0) -> np.ndarray:
    """Levels (members, genes) at rest, by `material`."""
    return np.array([rest(rates, extra + shift) for shift in SHIFT])
