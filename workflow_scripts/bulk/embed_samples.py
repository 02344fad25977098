"""One vector per sample from a trained model, with every measured gene visible."""

from workflow_scripts.rule import run as run_door

from pathlib import Path

import numpy as np
import pandas as pd
import torch

from workflow_scripts.bulk import bundle, data, stack
from workflow_scripts.bulk.base import UNSEEN
from workflow_scripts.bulk.fitting import hold_out
from workflow_scripts.contracts import expression as expression_store
from workflow_scripts.contracts import sample_embedding
from workflow_scripts.contracts import splits as splits_table


def embed_samples(
    *, expression: list[Path], splits: Path, model: Path, embeddings: Path, run: str, threads: int
) -> None:
    """Write the SampleEmbedding of all three splits.

    Coordinates of train samples are those of factors that have not seen them, as of all others.
    """
    torch.set_num_threads(threads)
    family, trained, order, seed = bundle.read(model)
    table = splits_table.read(splits)
    samples, folds = table.set_index("sample_id"), data.folds_of(table, seed)
    train = pd.Index(table.loc[table["split"] == "train", "sample_id"])
    learned, values = data.references(expression, train, order, seed)
    hold_out(trained.base, values, folds[learned].to_numpy(), seed)
    folds = folds.reindex(samples.index, fill_value=UNSEEN)
    names, vectors = [], []
    for obs, values in expression_store.blocks(expression, samples.index, order, size=256):
        names.append(obs.index)
        vectors.append(stack.embed(family, trained, values, folds[obs.index].to_numpy()))
    found = pd.Index(np.concatenate(names))
    obs = samples.loc[found, ["corpus", "group", "label", "split"]]
    sample_embedding.write(np.concatenate(vectors), obs, embeddings, run=run, gene_order=order)


if "snakemake" in globals():
    run_door(embed_samples, snakemake)  # noqa: F821
