"""The merged file of a run: whole, in order, open to scanpy, and of the numbers that went in."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import anndata
import matplotlib
import numpy as np
import pandas as pd
import pytest
import scanpy as sc

from tests.support.examples import genes
from workflow_scripts.contracts import (
    expression,
    gene_table,
    merged_samples,
    sample_embedding,
    sample_layout,
    sample_sheet,
)
from workflow_scripts.io.errors import BadInput
from workflow_scripts.report import merge_samples as door
from workflow_scripts.report.merge_samples import merge_samples

GENES = [f"G{gene:02d}" for gene in range(30)]
LENGTH = np.arange(500.0, 3500.0, 100.0)
SHARDS = {"a/0000": 20, "a/0001": 15, "b/0000": 25}  # samples
UNMEASURED = {"a": [4], "b": [9, 10]}  # genes
KEPT = np.delete(np.arange(30), [4, 9, 10])
UNDRAWN = ["a_0000_3", "b_0000_7"]


@pytest.fixture
def run(tmp_path: Path) -> dict[str, Any]:
    """What the door reads, and `counts` (samples x genes), which it never sees; each third sample is a duplicate.

    The embedding is in another order than the shards.
    """
    rng = np.random.default_rng(0)
    gene_table.write(genes(GENES).assign(exon_length=LENGTH, symbol="twice"), tmp_path / "genes.parquet", "toy")
    paths, counts, rows = [], [], []
    for shard, number in SHARDS.items():
        corpus = shard[0]
        given = rng.negative_binomial(2, 0.001, (number, 30)).astype(float)
        given[:, UNMEASURED[corpus]] = 0
        rate = given / LENGTH
        x = np.log1p(1e6 * rate / rate.sum(axis=1, keepdims=True)).astype(np.float32)
        x[:, UNMEASURED[corpus]] = np.nan
        names = [f"{shard.replace('/', '_')}_{sample}" for sample in range(number)]
        obs = {"corpus": corpus, "group": names, "label": [["", "liver", "lung"][n % 3] for n in range(number)]}
        obs |= {"total_counts": given.sum(axis=1), "nonzero_genes": (given > 0).sum(axis=1)}
        rows.append(pd.DataFrame(obs, index=names))
        paths.append(tmp_path / f"{shard}.h5ad")
        expression.write(x, rows[-1], GENES, ~np.isin(np.arange(30), UNMEASURED[corpus]), paths[-1])
        counts.append(pd.DataFrame(given, names, GENES))
    kept = pd.concat(rows)[["corpus", "group", "label"]].assign(split="train").iloc[np.arange(60) % 3 < 2]
    kept = kept.iloc[::-1]
    vectors = pd.DataFrame(rng.normal(size=(len(kept), 5)), kept.index)
    order = gene_table.read(tmp_path / "genes.parquet")[1]
    sample_embedding.write(vectors.to_numpy(), kept, tmp_path / "embeddings.h5ad", run="small", gene_order=order)
    drawn = vectors.drop(UNDRAWN).iloc[:, :4].set_axis(sample_layout.COORDINATES, axis=1).astype("f4")
    sample_layout.write(drawn.rename_axis("sample_id").reset_index(), tmp_path / "layout.parquet")
    sheet = pd.DataFrame({"sample_id": ["b_0000_0", "b_0000_1"], "file": "f", "label": "x", "age/sex": ["7|f", ""]})
    sample_sheet.write(sheet, tmp_path / "b.parquet")
    given = {name: tmp_path / f"{name}.parquet" for name in ("genes", "layout")}
    given |= {"expression": paths, "embeddings": tmp_path / "embeddings.h5ad", "sheets": [tmp_path / "b.parquet"]}
    return given | {"counts": pd.concat(counts), "vectors": vectors, "merged": tmp_path / "out/samples.h5ad"}


def merge(run: dict[str, Any], **changed: Any) -> anndata.AnnData:
    given = {name: value for name, value in run.items() if name not in ("counts", "vectors")} | changed
    merge_samples(**given)
    return merged_samples.read(given["merged"])


@pytest.mark.parametrize("rows", [256, 4], ids=["one block a shard", "blocks that end within shards"])
def test_every_sample_has_its_own_numbers(run: dict[str, Any], monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    monkeypatch.setattr(door, "ROWS", rows)
    found = merge(run)
    counts = run["counts"].loc[run["counts"].index.isin(run["vectors"].index)]
    assert list(found.obs_names) == list(counts.index), "in the order of the shards, without duplicates"
    assert list(found.var_names) == [GENES[gene] for gene in KEPT]
    assert found.uns["genes_left_out"].tolist() == ["G04", "G09", "G10"]
    np.testing.assert_array_equal(found.layers["counts"], counts.to_numpy()[:, KEPT])
    shards = {name: row for path in run["expression"] for name, row in expression.read(path).to_df().iterrows()}
    np.testing.assert_array_equal(found.X, np.array([shards[name] for name in found.obs_names])[:, KEPT])
    np.testing.assert_array_equal(found.obs["total_counts"], counts.sum(axis=1))
    np.testing.assert_array_equal(found.var["exon_length"], LENGTH[KEPT])
    vectors = run["vectors"].loc[found.obs_names].to_numpy(np.float32)
    np.testing.assert_array_equal(found.obsm["X_genelm"], vectors)
    drawn = ~found.obs_names.isin(UNDRAWN)
    np.testing.assert_array_equal(found.obsm["X_umap"][drawn], vectors[drawn, :2])
    np.testing.assert_array_equal(found.obsm["X_tsne"][drawn], vectors[drawn, 2:4])
    assert np.isnan(found.obsm["X_umap"][~drawn]).all()


def test_the_sheet_of_a_corpus_is_told(run: dict[str, Any]) -> None:
    """A name that HDF5 would take for a path is no path; what the file says already is not said anew."""
    obs = merge(run).obs
    assert list(obs) == [*merged_samples.OBS, "age|sex"]
    assert obs["age|sex"].to_dict() == {name: "7|f" if name == "b_0000_0" else "" for name in obs.index}
    assert set(obs["label"]) == {"", "liver", "lung"}
    assert list(merge(run, sheets=[]).obs) == [*merged_samples.OBS]


def test_scanpy_works_on_it_without_a_warning(run: dict[str, Any], tmp_path: Path) -> None:
    """Read as any user does, not by way of the contract; that X is natural logarithms is known to it."""
    matplotlib.use("agg")
    merge(run)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", PendingDeprecationWarning)  # scanpy's, of matplotlib
        data = sc.read_h5ad(run["merged"])
        sc.pp.pca(data, n_comps=5)
        sc.pp.neighbors(data, use_rep="X_pca", n_neighbors=5)
        sc.pl.umap(data, color=["label", "corpus", "total_counts"], show=False)
        sc.pl.umap(data, color="G05", layer="counts", show=False)
        sc.pp.neighbors(data, use_rep="X_genelm", n_neighbors=5)
        sc.tl.rank_genes_groups(data, "label", groups=["liver"], reference="lung", method="t-test")
        sc.pp.highly_variable_genes(data, n_top_genes=10)
        data.write_h5ad(tmp_path / "again.h5ad")
    assert np.isfinite(data.obsm["X_pca"]).all()
    liver, lung = (data[data.obs["label"] == name].X.mean(axis=0) for name in ("liver", "lung"))
    found = sc.get.rank_genes_groups_df(data, "liver").set_index("names")["logfoldchanges"]
    np.testing.assert_allclose(found[data.var_names], np.log2(np.expm1(liver) / np.expm1(lung)), rtol=1e-3)


def test_a_source_of_tpm_leaves_no_counts(run: dict[str, Any]) -> None:
    (path,) = [path for path in run["expression"] if path.parent.name == "b"]
    data = expression.read(path)
    obs = data.obs.assign(total_counts=np.nan)
    expression.write(data.X, obs, GENES, data.var["measured"].to_numpy(), path)
    found = merge(run)
    assert not found.layers and "(b)" in found.uns["units"]["counts"]
    assert found.obs["total_counts"].isna().equals(found.obs["corpus"] == "b")


def test_the_same_input_gives_the_same_bytes(run: dict[str, Any]) -> None:
    merge(run)
    merge(run, merged=run["merged"].with_name("again.h5ad"))
    assert run["merged"].read_bytes() == run["merged"].with_name("again.h5ad").read_bytes()


def test_a_shard_of_which_no_sample_is_left_says_nothing_of_genes(run: dict[str, Any]) -> None:
    data = sample_embedding.read(run["embeddings"])
    own = data[data.obs["corpus"] == "a"]
    sample_embedding.write(own.X, own.obs, run["embeddings"], run="small", gene_order=str(data.uns["gene_order"]))
    assert merge(run).uns["genes_left_out"].tolist() == ["G04"]


def test_a_sample_that_is_in_no_shard_is_an_error(run: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="holds samples that are in no shard"):
        merge(run, expression=run["expression"][:2])
    assert not run["merged"].exists()


def test_sources_without_a_gene_in_common_are_an_error(run: dict[str, Any]) -> None:
    for path in run["expression"]:
        data = expression.read(path)
        measured = (np.arange(30) < 15) == (path.parent.name == "a")
        x = np.where(measured, np.nan_to_num(data.X), np.float32(np.nan))
        expression.write(x, data.obs, GENES, measured, path)
    with pytest.raises(BadInput, match="no gene is measured by every source"):
        merge(run)
