"""Classes of samples by a probe on a model's embedding: the same classifier as on log(TPM+1)."""

from workflow_scripts.rule import run

from pathlib import Path

import numpy as np

from workflow_scripts.bulk.calibration import make_probe
from workflow_scripts.contracts import metrics as metrics_table
from workflow_scripts.contracts import predictions as predictions_table
from workflow_scripts.contracts import probe as probe_contract
from workflow_scripts.contracts import sample_embedding
from workflow_scripts.evaluation.baselines import logistic_regression, scale_of, standardize
from workflow_scripts.evaluation.classification import classify
from workflow_scripts.evaluation.models import PROBE


def classify_samples(*, embeddings: Path, scores: Path, predictions: Path, probe: Path, spec: dict) -> None:
    """Score logistic regression on the sample embedding, standardized by the train split, and write it as a Probe."""
    data = sample_embedding.read(embeddings)
    x, of = np.asarray(data.X, np.float32), data.obs["split"].to_numpy()
    labelled = (data.obs["label"] != "").to_numpy()
    train = x[(of == "train") & labelled]
    train = train if len(train) else x[of == "train"]
    mean, sd = train.mean(axis=0, dtype=float), train.std(axis=0, dtype=float)
    z = standardize(x[labelled], mean, sd)
    run = str(data.uns["run"])
    found = classify(f"{run}{PROBE}", logistic_regression, z, data.obs[labelled], spec)
    metrics_table.write_replicates(found.rows, scores)
    predictions_table.write(found.predictions, predictions)
    scale = scale_of(mean, sd).astype(np.float32)
    parts = x[of == "train"], x[of == "validation"], data.obs["label"].to_numpy(str)[of == "validation"]
    probe_contract.write(make_probe(found.classifier, mean.astype(np.float32), scale, *parts, run), probe)


if "snakemake" in globals():
    run(classify_samples, snakemake)  # noqa: F821
