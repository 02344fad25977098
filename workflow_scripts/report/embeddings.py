"""Two dimensions for sample embeddings: UMAP and t-SNE by scanpy, equal bytes for equal seeds."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import anndata
import numpy as np
import scanpy as sc
from threadpoolctl import threadpool_limits

from workflow_scripts.evaluation.separation import neighbour_accuracy, silhouette
from workflow_scripts.io.errors import BadInput

FEWEST = 10  # distinct vectors; a neighbourhood graph of fewer says nothing, and neither method can start


class Layout(NamedTuple):
    """Where each sample lies in two dimensions."""

    name: str  # of the method
    xy: np.ndarray  # samples x 2, float32; no unit
    axes: tuple[str, str]


def choose(data: anndata.AnnData, most: int, seed: int, where: Path) -> anndata.AnnData:
    """Return the samples of `data`, or `most` of them, in random order, so that none is drawn over another by rule.

    Raises BadInput where there is no sample or a vector is not finite.
    """
    if data.n_obs == 0:
        raise BadInput(where, "", "holds no sample", "Check the filters of prebulk/corpora.")
    wrong = ~np.isfinite(data.X).all(axis=1)
    if wrong.any():
        sample = data.obs_names[wrong][0]
        raise BadInput(where, f"sample {sample!r}", "its embedding is not finite", "Train the run again.")
    return data[np.random.default_rng(seed).permutation(data.n_obs)[:most]].copy()


def lay_out(data: anndata.AnnData, spec: dict) -> tuple[Layout, Layout]:
    """Return UMAP and t-SNE of X (samples x d), Euclidean distances, one thread, seeded by `spec`.

    UMAP (McInnes et al. 2018, arXiv:1802.03426) lays out the graph of the exact nearest neighbours;
    t-SNE (van der Maaten and Hinton 2008) keeps its perplexity below a third of the samples, as it must.
    Both start from the data, not from noise. Fewer than `FEWEST` distinct vectors are given their first
    two principal components instead. One thread, since sums of more depend on their number.
    """
    if len(np.unique(data.X, axis=0)) < FEWEST:
        components = Layout("PCA (too few samples for more)", principal_components(data.X), ("PC 1", "PC 2"))
        return components, components
    seed = spec["seed"]
    with threadpool_limits(1):
        # scikit-learn's search is exact; the default for large sets is approximate.
        sc.pp.neighbors(
            data,
            n_neighbors=min(spec["neighbors"], data.n_obs - 1),
            use_rep="X",
            transformer="sklearn",
            random_state=seed,
        )
        sc.tl.umap(data, random_state=seed)
        perplexity = min(spec["perplexity"], (data.n_obs - 1) / 3)
        sc.tl.tsne(data, use_rep="X", perplexity=perplexity, random_state=seed, n_jobs=1)
    return (
        Layout("UMAP", data.obsm["X_umap"].astype("f4"), ("UMAP 1", "UMAP 2")),
        Layout("t-SNE", data.obsm["X_tsne"].astype("f4"), ("t-SNE 1", "t-SNE 2")),
    )


class Separation(NamedTuple):
    """How well labels are told apart in an embedding; NaN where that is not defined."""

    silhouette: float
    accuracy: float

    @property
    def words(self) -> str:
        shown = ("not defined" if value != value else f"{value:.2f}" for value in self)
        return "silhouette {}, 5-NN accuracy {}".format(*shown)


def separation(data: anndata.AnnData) -> Separation:
    """Silhouette and 5-NN accuracy of the labels in X (samples x d), by Euclidean distance.

    Silhouette (Rousseeuw 1987): the mean over labelled samples, of labels with two at least. Accuracy: the share of
    labelled test samples whose label most of their five nearest labelled train samples have.
    """
    labelled = data[(data.obs["label"] != "").to_numpy()]
    x, labels, split = np.asarray(labelled.X), labelled.obs["label"].to_numpy(str), labelled.obs["split"].to_numpy(str)
    train, test = split == "train", split == "test"
    with threadpool_limits(1):
        return Separation(silhouette(x, labels), neighbour_accuracy(x[train], labels[train], x[test], labels[test]))


def principal_components(x: np.ndarray) -> np.ndarray:
    """First two principal components of x (samples x d): samples x 2, float32, zeros where there is none.

    Signs are fixed by the largest loading, as the decomposition leaves them open.
    """
    centred = np.asarray(x, np.float64) - np.mean(x, axis=0, dtype=np.float64)
    loadings = np.linalg.svd(centred, full_matrices=False).Vh[:2]
    largest = np.abs(loadings).argmax(axis=1)
    loadings *= np.sign(loadings[np.arange(len(loadings)), largest])[:, None]
    xy = np.zeros((len(centred), 2), np.float32)
    xy[:, : len(loadings)] = centred @ loadings.T
    return xy
