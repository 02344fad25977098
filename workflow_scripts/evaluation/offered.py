"""The functions of the registry of baselines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workflow_scripts.evaluation.metrics import CLASSES, HIDDEN, VECTORS
from workflow_scripts.evaluation.models import BASELINES
from workflow_scripts.io.registry import load

MODULES = {
    CLASSES: "workflow_scripts.evaluation.baselines",
    HIDDEN: "workflow_scripts.evaluation.imputers",
    VECTORS: "workflow_scripts.evaluation.representations",
}


def baselines(task: str) -> dict[str, Callable[..., Any]]:
    """{name: its function} of one task, in the order of the registry."""
    of_task = {name: baseline for name, baseline in BASELINES.items() if baseline.task == task}
    return {name: load(f"{MODULES[task]}.{baseline.function}") for name, baseline in of_task.items()}
