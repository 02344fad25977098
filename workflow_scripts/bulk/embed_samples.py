"""One vector per sample from a trained model, with every measured gene visible."""

from workflow_scripts.rule import run as run_door

from pathlib import Path

import numpy as np
import pandas as pd
import torch

from workflow_scripts.bulk import bundle
from workflow_scripts.contracts import expression as expression_store
from workflow_scripts.contracts import sample_embedding
from workflow_scripts.contracts import splits as splits_table


def embed_samples(
    *, expression: list[Path], splits: Path, model: Path, embeddings: Path, run: str, threads: int
) -> None:
    """Write the SampleEmbedding of all three splits; what a vector is, the model's family says."""
    torch.set_num_threads(threads)
    family, network, order = bundle.read(model)
    samples = splits_table.read(splits).set_index("sample_id")
    names, vectors = [], []
    for obs, values in expression_store.blocks(expression, samples.index, order, size=256):
        names.append(obs.index)
        vectors.append(family.embed(network, values))
    found = pd.Index(np.concatenate(names))
    obs = samples.loc[found, ["corpus", "group", "label", "split"]]
    sample_embedding.write(np.concatenate(vectors), obs, embeddings, run=run, gene_order=order)


if "snakemake" in globals():
    run_door(embed_samples, snakemake)  # noqa: F821
