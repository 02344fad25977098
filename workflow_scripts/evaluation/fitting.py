"""Every imputer of the registry, fitted to the train samples."""

from __future__ import annotations

from typing import Any

import numpy as np

from workflow_scripts.evaluation.imputers import Imputer
from workflow_scripts.evaluation.metrics import HIDDEN
from workflow_scripts.evaluation.models import BASELINES
from workflow_scripts.evaluation.offered import baselines


def fit_imputers(train: np.ndarray, mean: np.ndarray, spec: dict[str, Any]) -> dict[str, dict[str, Imputer]]:
    """The candidates of every imputer by name and setting, in the order of the registry.

    train (N, G) float32 ln(TPM+1), NaN where unmeasured; mean (G,) of each gene over them; spec: `bulk/imputation`.
    """
    fitted: dict[str, dict[str, Imputer]] = {}
    for name, function in baselines(HIDDEN).items():
        parts = [fitted[part] for part in BASELINES[name].parts]
        offered = function(*(parts or (train, mean, spec)))
        fitted[name] = {setting: Once(imputer) for setting, imputer in offered.items()}
    return fitted


class Once:
    """An imputer that keeps its last prediction: a stack asks its parts again for each weight."""

    def __init__(self, imputer: Imputer) -> None:
        self.imputer = imputer
        self.values: np.ndarray | None = None
        self.visible: np.ndarray | None = None

    def __call__(self, values: np.ndarray, visible: np.ndarray) -> np.ndarray:
        if values is not self.values or visible is not self.visible:
            self.values, self.visible = values, visible
            self.predicted = self.imputer(values, visible)
        return self.predicted
