"""Classes of samples by baselines on log(TPM+1), on the same splits as every model."""

from workflow_scripts.rule import run

from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts import expression as expression_store
from workflow_scripts.contracts import metrics as metrics_table
from workflow_scripts.contracts import predictions as predictions_table
from workflow_scripts.contracts import splits as splits_table
from workflow_scripts.contracts import standardizer as standardizer_table
from workflow_scripts.contracts.gene_order import order_digest
from workflow_scripts.evaluation.baselines import standardize
from workflow_scripts.evaluation.classification import classify
from workflow_scripts.evaluation.metrics import CLASSES
from workflow_scripts.evaluation.offered import baselines


def classify_baselines(
    *, expression: list[Path], splits: Path, standardizer: Path, scores: Path, predictions: Path, spec: dict
) -> None:
    """Score every classifier of `evaluation/models.py` on all labelled samples.

    Genes are standardized by the train split, and stand in order of their standard deviation there, the greatest first;
    an unmeasured gene stands at its train mean.
    """
    genes = standardizer_table.read(standardizer)
    samples = splits_table.read(splits).set_index("sample_id")
    samples = samples[samples["label"] != ""]
    x = np.empty((0, len(genes)), np.float32)
    if len(samples):
        _, x = expression_store.load(expression, samples.index, order_digest(genes["gene_id"]))
    x = np.nan_to_num(standardize(x, genes["mean"].to_numpy(), genes["sd"].to_numpy()), copy=False)
    x = x[:, np.argsort(-genes["sd"].fillna(0).to_numpy(), kind="stable")]

    rows, tables = [], []
    for name, candidates in baselines(CLASSES).items():
        of_name, predicted, _ = classify(name, candidates, x, samples, spec)
        rows += of_name
        tables.append(predicted)
    metrics_table.write_replicates(rows, scores)
    predictions_table.write(pd.concat(tables, ignore_index=True), predictions)


if "snakemake" in globals():
    run(classify_baselines, snakemake)  # noqa: F821
