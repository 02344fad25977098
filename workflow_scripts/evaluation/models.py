"""The registry of baselines, and what every model is called where people read of it.

One entry a line: the key is the name in the Metrics table, `function` the dotted name of what offers the candidates. To
add a baseline, write one function in `baselines.py` (classes) or `imputers.py` (hidden values), and add its line.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from workflow_scripts.evaluation.metrics import CLASSES, HIDDEN
from workflow_scripts.io.registry import load

CLASSIFIERS = "workflow_scripts.evaluation.baselines"
IMPUTERS = "workflow_scripts.evaluation.imputers"
PROBE = "_logistic_regression"  # after the name of a run: the classifier that reads its embedding


class Baseline(NamedTuple):
    label: str  # as it is printed
    task: str
    function: str
    parts: tuple[str, ...] = ()  # imputers above it, whose candidates the function is given


BASELINES = {
    "logistic_regression_log_tpm": Baseline(
        "logistic regression on log-TPM", CLASSES, f"{CLASSIFIERS}.logistic_regression"
    ),
    "variable_logistic_regression": Baseline(
        "logistic regression on the most variable genes", CLASSES, f"{CLASSIFIERS}.variable_logistic_regression"
    ),
    "pca_logistic_regression": Baseline(
        "logistic regression on PCA of log-TPM", CLASSES, f"{CLASSIFIERS}.pca_logistic_regression"
    ),
    "knn": Baseline("nearest neighbours in log-TPM", CLASSES, f"{CLASSIFIERS}.knn"),
    "random_forest": Baseline("random forest on log-TPM", CLASSES, f"{CLASSIFIERS}.random_forest"),
    "majority_class": Baseline("majority class", CLASSES, f"{CLASSIFIERS}.majority_class"),
    "gene_mean": Baseline("gene mean", HIDDEN, f"{IMPUTERS}.gene_mean"),
    "knn_imputer": Baseline("nearest-neighbour imputer", HIDDEN, f"{IMPUTERS}.knn_imputer"),
    "pca_imputer": Baseline("PCA imputer", HIDDEN, f"{IMPUTERS}.pca_imputer"),
    "factor_analysis_imputer": Baseline("factor analysis imputer", HIDDEN, f"{IMPUTERS}.factor_analysis_imputer"),
    "kernel_ridge_imputer": Baseline("kernel ridge imputer", HIDDEN, f"{IMPUTERS}.kernel_ridge_imputer"),
    "stacked_imputer": Baseline(
        "stack of factor analysis and kernel ridge",
        HIDDEN,
        f"{IMPUTERS}.stacked_imputer",
        parts=("factor_analysis_imputer", "kernel_ridge_imputer"),
    ),
}


def baselines(task: str) -> dict[str, Callable[..., Any]]:
    """{name: its function} of one task, in the order of the registry."""
    return {name: load(baseline.function) for name, baseline in BASELINES.items() if baseline.task == task}


def run_of(model: str) -> str:
    """The run that a model which is no baseline is of: itself, or the one whose embedding it reads."""
    return model.removesuffix(PROBE)


def label(model: str) -> str:
    """How a model of the Metrics table is printed; a run goes by its own name."""
    if model in BASELINES:
        return BASELINES[model].label
    return f"{run_of(model)}: logistic regression on its embedding" if model.endswith(PROBE) else model
