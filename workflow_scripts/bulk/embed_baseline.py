"""One vector per sample from principal components of log(TPM+1): what embeddings of models stand beside."""

from workflow_scripts.rule import run

from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.bulk import data
from workflow_scripts.contracts import expression as expression_store
from workflow_scripts.contracts import sample_embedding
from workflow_scripts.contracts import splits as splits_table
from workflow_scripts.contracts import standardizer as standardizer_table
from workflow_scripts.contracts.gene_table import order_digest
from workflow_scripts.evaluation.representations import principal_components

SEED = 1  # of the randomized decomposition


def embed_baseline(*, expression: list[Path], splits: Path, standardizer: Path, embeddings: Path) -> None:
    """Write the SampleEmbedding of all three splits: scores along the first principal components of the train split.

    ln(TPM+1) less the train mean of each gene, 0 where unmeasured, not scaled; of a large train split so many samples
    fit the components as `bulk/data.py` allows.
    """
    genes = standardizer_table.read(standardizer)
    order = order_digest(genes["gene_id"])
    mean = genes["mean"].to_numpy(np.float32)  # NaN where no train sample measures the gene

    def known(values: np.ndarray) -> np.ndarray:
        return np.where(np.isfinite(mean), values, np.nan)

    samples = splits_table.read(splits).set_index("sample_id")
    _, references = data.references(expression, samples.index[samples["split"] == "train"], order, SEED)
    represent = principal_components(known(references), np.nan_to_num(mean), SEED)
    names, vectors = [], []
    for obs, values in expression_store.blocks(expression, samples.index, order):
        names.append(obs.index)
        vectors.append(represent(known(values)))
    found = pd.Index(np.concatenate(names))
    obs = samples.loc[found, ["corpus", "group", "label", "split"]]
    sample_embedding.write(np.concatenate(vectors), obs, embeddings, run="PCA of log-TPM", gene_order=order)


if "snakemake" in globals():
    run(embed_baseline, snakemake)  # noqa: F821
