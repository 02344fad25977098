"""What the trials of a search came to, all of it on experiments that members were not shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from workflow_scripts.contracts import penalties, trial_settings
from workflow_scripts.io.errors import BadInput

# {objective: the column of Penalties that is to be small}
OBJECTIVES = {
    "held_out": "held_out_error",
    "roll_out": "roll_out_error",
    "perturbation": "perturbation_error",
}


class Trial(NamedTuple):
    """One trial that is done."""

    settings: dict[str, Any]  # {key path in the run: value}
    errors: dict[str, float]  # {objective: mean squared error, in variances}, of the penalty that it chose
    file: Path  # of its Penalties, by which messages call it


def read(settings: list[Path], selections: list[Path]) -> list[Trial]:
    """Trials by their files, in one order."""
    found = []
    for of, selection in zip(settings, selections, strict=True):
        chosen = penalties.read(selection).set_index("chosen").loc[True]
        errors = {name: float(chosen[column]) for name, column in OBJECTIVES.items()}
        found.append(Trial(trial_settings.read(of), errors, selection))
    return found


def value(trial: Trial, objective: str) -> float:
    """What is great of a good trial; BadInput where a trial has no such number, so that none can be the best."""
    found = -trial.errors[objective]
    if not np.isfinite(found):
        raise BadInput(trial.file, objective, "is not defined on what is held out", "Set another search/objective.")
    return found
