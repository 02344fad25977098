"""A trained model's own vectors of genes are what its weights say, each beside the gene that it is of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from tests.support.examples import genes
from workflow_scripts.bulk.export_gene_vectors import export_gene_vectors
from workflow_scripts.bulk.inputs import with_gene_vectors
from workflow_scripts.contracts import gene_table, gene_vectors
from workflow_scripts.docs.reruns import demo
from workflow_scripts.settings.literals import defines
from workflow_scripts.settings.settings import Settings

GENES = [f"G{gene:03d}" for gene in range(60)]


def test_vectors_are_those_of_the_weights(trained: Path, tmp_path: Path) -> None:
    """Of a gene without a vector (the third) too, and of one that no sample measures (the first), which says so."""
    table = genes(GENES).assign(symbol=[f"symbol {gene}" for gene in GENES])
    gene_table.write(table, tmp_path / "genes.parquet", "toy")
    export_gene_vectors(
        model=trained / "model", genes=tmp_path / "genes.parquet", vectors=tmp_path / "v.h5ad", run="small"
    )
    found = gene_vectors.read(tmp_path / "v.h5ad")

    weights = {name: value.astype(np.float64) for name, value in load_file(trained / "model/model.safetensors").items()}
    own = {name.removeprefix("network.identity."): value for name, value in weights.items()}
    expected = own["gene_vectors"] @ own["vector.weight"].T + own["vector.bias"]
    expected[2] = own["no_vector"]
    expected += weights["base.loadings"] @ own["from_loadings.weight"].T
    np.testing.assert_allclose(found.X, expected, rtol=1e-4, atol=1e-5)
    assert (found.X.dtype, found.shape) == (np.float32, (60, 16))
    assert found.obs["symbol"].tolist() == [f"symbol {gene}" for gene in GENES]
    assert found.obs_names[~found.obs["known"]].tolist() == ["G000"]
    assert (found.uns["run"], found.uns["family"]) == ("small", "transformer")


def test_a_model_without_vectors_of_genes_is_asked_for_none() -> None:
    assert with_gene_vectors(Settings(demo()[0], "config/datasets.tsv")) == ["small"]
    assert defines("workflow_scripts.bulk.models.transformer", "embed_genes")
    assert not defines("workflow_scripts.bulk.models.registry", "embed_genes")
