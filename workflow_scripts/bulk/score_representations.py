"""What representations of samples without a network are good for: the baselines of every embedding."""

from workflow_scripts.rule import run

from pathlib import Path

import numpy as np

from workflow_scripts.bulk.clinical import read_clinical
from workflow_scripts.contracts import expression as expression_store
from workflow_scripts.contracts import metrics as metrics_table
from workflow_scripts.contracts import splits as splits_table
from workflow_scripts.contracts import standardizer as standardizer_table
from workflow_scripts.contracts.gene_order import order_digest
from workflow_scripts.evaluation.embedding import draw_samples, score_vectors
from workflow_scripts.evaluation.metrics import VECTORS
from workflow_scripts.evaluation.offered import baselines


def score_representations(
    *,
    expression: list[Path],
    splits: Path,
    standardizer: Path,
    clinical: list[Path],
    scores: Path,
    spec: dict,
    survival: dict,
) -> None:
    """Score every representation of `evaluation/models.py`, fitted to the train samples, on those of every run."""
    genes = standardizer_table.read(standardizer)
    samples = draw_samples(splits_table.read(splits).set_index("sample_id"), spec)
    mean = genes["mean"].to_numpy(np.float32)  # NaN where no train sample measures the gene
    _, values = expression_store.load(expression, samples.index, order_digest(genes["gene_id"]))
    values[:, ~np.isfinite(mean)] = np.nan
    train = values[(samples["split"] == "train").to_numpy()]
    known = read_clinical(clinical, survival)
    rows = []
    for name, function in baselines(VECTORS).items():
        represent = function(train, np.nan_to_num(mean), spec["seed"])
        rows += score_vectors(name, represent(values), samples, spec, known, survival["penalties"])
    metrics_table.write_replicates(rows, scores)


if "snakemake" in globals():
    run(score_representations, snakemake)  # noqa: F821
