"""What the embedding of a run is good for: groups of labels, twins of samples, survival."""

from workflow_scripts.rule import run

from pathlib import Path

import numpy as np

from workflow_scripts.bulk.clinical import read_clinical
from workflow_scripts.contracts import metrics as metrics_table
from workflow_scripts.contracts import sample_embedding
from workflow_scripts.evaluation.embedding import draw_samples, score_vectors


def score_embedding(*, embeddings: Path, clinical: list[Path], scores: Path, spec: dict, survival: dict) -> None:
    """Score the sample embedding of a run (see `evaluation/embedding`)."""
    data = sample_embedding.read(embeddings)
    samples = draw_samples(data.obs.astype(str), spec)
    x = np.asarray(data[samples.index].X, np.float32)
    known = read_clinical(clinical, survival)
    rows = score_vectors(str(data.uns["run"]), x, samples, spec, known, survival["penalties"])
    metrics_table.write_replicates(rows, scores)


if "snakemake" in globals():
    run(score_embedding, snakemake)  # noqa: F821
