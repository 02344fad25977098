"""The registry of baselines, and what every model is called where people read of it.

One entry a line: the key is the name in the Metrics table, `function` the name of what offers the candidates, in
`baselines.py` (classes) or `imputers.py` (hidden values), or of what makes vectors of samples, in `representations.py`.
To add a baseline, write one function there, and add its line. Who only names models imports neither.

A stage whose baselines read what no other stage knows of keeps its functions itself, in a registry with the same names
(`circuit/inference_baselines.py`, `response_baselines.py`, `roll_out_baselines.py`, `link_models.py`,
`seq2track/track_baselines.py`): here they have a label and a task. Those of perturbed cells are in `cell_models.py`.
"""

from __future__ import annotations

from typing import NamedTuple

from workflow_scripts.evaluation import cell_models
from workflow_scripts.evaluation.metrics import (
    CLASSES,
    EDGES,
    HIDDEN,
    LINKS,
    RESPONSE,
    ROLL_OUT,
    START_BINS,
    TRACK_BINS,
    VECTORS,
)

# After the name of a run:
PROBE = "_logistic_regression"  # the classifier that reads its embedding
BASE = "_base"  # the run without its network
LEVELED = "_gene_level"  # a run on tracks, each annotated gene half-way to the level that boosted trees say


class Baseline(NamedTuple):
    label: str  # as it is printed
    task: str
    function: str = ""  # none where its stage has it
    parts: tuple[str, ...] = ()  # imputers above it, whose candidates the function is given


BASELINES = {
    "logistic_regression_log_tpm": Baseline("logistic regression on log-TPM", CLASSES, "logistic_regression"),
    "variable_logistic_regression": Baseline(
        "logistic regression on the most variable genes", CLASSES, "variable_logistic_regression"
    ),
    "pca_logistic_regression": Baseline("logistic regression on PCA of log-TPM", CLASSES, "pca_logistic_regression"),
    "knn": Baseline("nearest neighbours in log-TPM", CLASSES, "knn"),
    "random_forest": Baseline("random forest on log-TPM", CLASSES, "random_forest"),
    "majority_class": Baseline("majority class", CLASSES, "majority_class"),
    "permuted_labels": Baseline("logistic regression on PCA, with permuted train labels", CLASSES, "permuted_labels"),
    "gene_mean": Baseline("gene mean", HIDDEN, "gene_mean"),
    "knn_imputer": Baseline("nearest-neighbour imputer", HIDDEN, "knn_imputer"),
    "pca_imputer": Baseline("PCA imputer", HIDDEN, "pca_imputer"),
    "factor_analysis_imputer": Baseline("factor analysis imputer", HIDDEN, "factor_analysis_imputer"),
    "kernel_ridge_imputer": Baseline("kernel ridge imputer", HIDDEN, "kernel_ridge_imputer"),
    "stacked_imputer": Baseline(
        "stack of factor analysis and kernel ridge",
        HIDDEN,
        "stacked_imputer",
        parts=("factor_analysis_imputer", "kernel_ridge_imputer"),
    ),
    "log_tpm": Baseline("log-TPM", VECTORS, "log_tpm"),
    "ranks": Baseline("ranks of genes within a sample", VECTORS, "ranks"),
    "principal_components": Baseline("PCA of log-TPM", VECTORS, "principal_components"),
    "factor_scores": Baseline("factor analysis of log-TPM", VECTORS, "factor_scores"),
    "random": Baseline("edges in no order", EDGES),
    "correlation": Baseline("absolute correlation", EDGES),
    "clr": Baseline("CLR", EDGES),
    "genie3": Baseline("GENIE3", EDGES),
    "grnboost2": Baseline("GRNBoost2", EDGES),
    "dyngenie3": Baseline("dynGENIE3", EDGES),
    "lagged_ridge": Baseline("lagged ridge regression", EDGES),
    "lagged_lasso": Baseline("lagged LASSO", EDGES),
    "zscore": Baseline("z-score of perturbations", EDGES),
    "zscore_x_dyngenie3": Baseline("z-score by dynGENIE3, product of ranks", EDGES),
    "zscore_lagged_lasso": Baseline("z-score plus lagged LASSO", EDGES),
    "no_change": Baseline("no change", RESPONSE),
    "mean_of_singles": Baseline("mean of all single perturbations", RESPONSE),
    "matching_mean": Baseline("mean of those combined", RESPONSE),
    "additive_raw": Baseline("sum of effects on the measured wild type", RESPONSE),
    "additive": Baseline("sum of effects", RESPONSE),
    "additive_beyond_noise": Baseline("sum of effects beyond noise", RESPONSE),
    "largest_effect": Baseline("larger effect beyond noise", RESPONSE),
    "additive_denoised": Baseline("sum of denoised effects", RESPONSE),
    "largest_denoised": Baseline("larger denoised effect", RESPONSE),
    "linear_low_rank": Baseline("linear model of low rank", RESPONSE),
    "persistence": Baseline("levels at the start", ROLL_OUT),
    "jump_to_reference": Baseline("circuit at rest", ROLL_OUT),
    "exponential_decay": Baseline("exponential decay", ROLL_OUT),
    "var_ridge": Baseline("vector autoregression by ridge", ROLL_OUT),
    "attention_without_neighbours": Baseline("network without local self-attention, each element alone", LINKS),
    "attention_without_linear": Baseline("attention without its logistic regression", LINKS),
    "attention_permuted_labels": Baseline("attention with permuted train labels", LINKS),
    "distance": Baseline("distance to the TSS", LINKS),
    "activity_by_contact": Baseline("activity x contact", LINKS),
    "share_of_contact": Baseline("activity x contact, share over the tested pairs of a gene", LINKS),
    "logistic_regression": Baseline("logistic regression", LINKS),
    "counted_logistic_regression": Baseline("logistic regression with the number of pairs of a gene", LINKS),
    "gradient_boosting": Baseline("gradient boosting", LINKS),
    "gc_linear": Baseline("linear in GC and CpG", TRACK_BINS),
    "kmer_ridge": Baseline("ridge on k-mers around a bin", TRACK_BINS),
    "mean_profile": Baseline("mean profile along annotated genes", TRACK_BINS),
    "profile_and_level": Baseline("mean profile x level of each annotated gene by boosted trees", TRACK_BINS),
    "linear_composite": Baseline("mean profile x level x dinucleotides around a bin", TRACK_BINS),
    "shuffled_sequence": Baseline("the run on shuffled sequence", TRACK_BINS),
    "swapped_strands": Baseline("the run with strands exchanged", TRACK_BINS),
    "other_track": Baseline("the run, what it says of another track", TRACK_BINS),
    "counting_ceiling": Baseline("ceiling: one half of the reads by the other", TRACK_BINS),
    "measured_track": Baseline("ceiling: the same calls of the measured track", START_BINS),
    "random_bins": Baseline("bins at random", START_BINS),
    "measured_tracks": Baseline("the measured tracks", TRACK_BINS),
}


def run_of(model: str) -> str:
    """The run that a model which is no baseline is of: itself, or the one of which it is a part or reads."""
    return model.removesuffix(PROBE).removesuffix(BASE).removesuffix(LEVELED)


def is_own(model: str, task: str) -> bool:
    """Whether a model that was scored at a task of the Metrics table is a run, or the stage's own, and no baseline."""
    return cell_models.is_own(model) if task in cell_models.RULES else model not in BASELINES


def label(model: str, task: str = "") -> str:
    """How a model of the Metrics table is printed, at a task where it is of perturbed cells; a run by its own name."""
    if task in cell_models.RULES:
        return cell_models.label(model)
    if model in BASELINES:
        return BASELINES[model].label
    said = {
        PROBE: "logistic regression on its embedding",
        BASE: "without its network",
        LEVELED: "levels of annotated genes averaged with boosted trees'",
    }
    return next((f"{run_of(model)}: {words}" for suffix, words in said.items() if model.endswith(suffix)), model)
