"""What the trials of a search came to, all of it on validation."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from workflow_scripts.contracts import selection as selection_table
from workflow_scripts.contracts import separation as separation_table
from workflow_scripts.contracts import trial_settings
from workflow_scripts.io.errors import BadInput


class Trial(NamedTuple):
    """One trial that is done."""

    settings: dict[str, Any]  # {key path in the run: value}
    selection: pd.DataFrame  # its Selection
    separation: pd.DataFrame  # its Separation
    file: Path  # of its Selection, by which messages call it


def _imputation(trial: Trial) -> float:
    """Skill of the stack, which is what the run predicts: 1 less its squared error over that of the train means."""
    return float(trial.selection.set_index("member").loc["stack", "skill"])


def _network(trial: Trial) -> float:
    """Skill of the network alone, which differs among trials even where no stack takes any of it."""
    return float(trial.selection.set_index("member").loc["network", "skill"])


def _classification(trial: Trial) -> float:
    """Weighted F1 of the embedding that is kept."""
    return float(trial.separation.set_index("kept").loc[True, "weighted_f1"])


def _embedding(trial: Trial) -> float:
    """Separation of the embedding that is kept: 5-NN accuracy, weighted F1 and silhouette together."""
    measures = trial.separation.loc[trial.separation["kept"], [*separation_table.MEASURES]]
    return float(np.nansum(measures)) if measures.notna().any(axis=None) else np.nan


OBJECTIVES = {
    "imputation": _imputation,
    "network": _network,
    "classification": _classification,
    "embedding": _embedding,
}


def read(settings: list[Path], selections: list[Path], separations: list[Path]) -> list[Trial]:
    """Trials by their files, in one order."""
    return [
        Trial(trial_settings.read(of), selection_table.read(chosen), separation_table.read(separated), chosen)
        for of, chosen, separated in zip(settings, selections, separations, strict=True)
    ]


def value(trial: Trial, objective: str) -> float:
    """What is great of a good trial; BadInput where a trial has no such number, so that none can be the best."""
    found = OBJECTIVES[objective](trial)
    if not np.isfinite(found):
        raise BadInput(trial.file, objective, "is not defined on validation", "Set another search/objective.")
    return found
