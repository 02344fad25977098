"""Embeddings of the samples by a model that ran elsewhere, to stand beside those of runs."""

from workflow_scripts.rule import run

import logging
from pathlib import Path

import numpy as np

from workflow_scripts.bulk.peer_table import read_table
from workflow_scripts.contracts import sample_embedding
from workflow_scripts.contracts import splits as splits_table
from workflow_scripts.io.errors import BadInput


def adopt_embedding(*, table: Path, splits: Path, embeddings: Path, peer: str) -> None:
    """Write the SampleEmbedding of all three splits that a peer's table holds; other samples of it are left out.

    table: as of `peer_table`. Raises BadInput where samples of the splits are missing, stand there twice, or have what
    is no finite number.
    """
    found, samples = read_table(table), splits_table.read(splits).set_index("sample_id")
    remedy = "Give one row of finite numbers for each sample of prebulk/splits.parquet."
    missing = samples.index.difference(found.index, sort=False)
    if len(missing):
        reason = f"lacks {len(missing)} of {len(samples)} samples of the splits, such as {missing[0]!r}"
        raise BadInput(table, "", reason, remedy)
    of_splits = found[found.index.isin(samples.index)]
    twice = of_splits.index[of_splits.index.duplicated()]
    if len(twice):
        raise BadInput(table, f"sample {twice[0]!r}", "stands there twice", remedy)
    x = of_splits.loc[samples.index].to_numpy(np.float32)
    bad = samples.index[~np.isfinite(x).all(axis=1)]
    if len(bad) or not x.shape[1]:
        place = f"sample {bad[0]!r}" if len(bad) else ""
        raise BadInput(table, place, "has what is no finite number" if len(bad) else "holds no numbers", remedy)
    logging.getLogger(__name__).info("%d samples, %d others left out", len(x), len(found) - len(x))
    obs = samples[["corpus", "group", "label", "split"]]
    sample_embedding.write(x, obs, embeddings, run=peer, gene_order=sample_embedding.ELSEWHERE)


if "snakemake" in globals():
    run(adopt_embedding, snakemake)  # noqa: F821
