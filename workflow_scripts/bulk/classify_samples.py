"""Classes of samples by a probe on a model's embedding: the same classifier as on log(TPM+1)."""

from workflow_scripts.rule import run

from pathlib import Path

import numpy as np

from workflow_scripts.contracts import metrics as metrics_table
from workflow_scripts.contracts import predictions as predictions_table
from workflow_scripts.contracts import sample_embedding
from workflow_scripts.evaluation.baselines import logistic_regression, standardize
from workflow_scripts.evaluation.classification import classify
from workflow_scripts.evaluation.models import PROBE


def classify_samples(*, embeddings: Path, scores: Path, predictions: Path, spec: dict) -> None:
    """Score logistic regression on the sample embedding, standardized by the train split."""
    data = sample_embedding.read(embeddings)
    data = data[(data.obs["label"] != "").to_numpy()]
    x = np.asarray(data.X, np.float32)
    train = x[(data.obs["split"] == "train").to_numpy()]
    if len(train):
        x = standardize(x, train.mean(axis=0, dtype=float), train.std(axis=0, dtype=float))
    name = f"{data.uns['run']}{PROBE}"
    rows, predicted = classify(name, logistic_regression, x, data.obs, spec)
    metrics_table.write_replicates(rows, scores)
    predictions_table.write(predicted, predictions)


if "snakemake" in globals():
    run(classify_samples, snakemake)  # noqa: F821
