"""How labels lie among vectors of samples, in sums over samples, and the metrics that are functions of them.

Sums of groups of samples add up, so a bootstrap over groups is a weighted sum: what a sample counts for (its cluster,
its silhouette, the label of its neighbours) is found once among all samples and does not change in a resample.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import xlogy
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_samples
from sklearn.neighbors import KNeighborsClassifier

from workflow_scripts.evaluation.metrics import CLUSTERS
from workflow_scripts.evaluation.resampling import by_group, ratio, score_sums
from workflow_scripts.evaluation.separation import NEIGHBOURS

STARTS = 10  # of k-means, of which the best is kept


class Clustered(NamedTuple):
    """Sums over samples; the leading axes are of groups, or of resamples, or there is none."""

    table: np.ndarray  # (..., clusters, labels) samples of each cluster and label
    silhouettes: np.ndarray  # (..., 2) sum of silhouettes, and of how many samples
    neighbours: np.ndarray  # (..., 2) samples whose neighbours in train tell their label, and all
    norms: np.ndarray  # (..., 2) sum of the shares of train samples beyond which a sample lies, and of how many


def adjusted_rand(sums: Clustered) -> np.ndarray:
    """The adjusted Rand index (Hubert and Arabie 1985) of clusters and labels: 0 by chance, 1 where they agree."""
    both, cluster, label, every = (_pairs(counts) for counts in _margins(sums.table))
    expected = ratio(cluster * label, every)
    return ratio(both - expected, (cluster + label) / 2 - expected)


def mutual_information(sums: Clustered) -> np.ndarray:
    """Mutual information of clusters and labels over the mean of their entropies (Strehl and Ghosh 2002)."""
    both, cluster, label, every = _margins(sums.table)
    total = every[..., 0]
    joint, of_clusters, of_labels = (
        np.log(np.maximum(total, 1)) - ratio(xlogy(counts, counts).sum(-1), total) for counts in (both, cluster, label)
    )
    return ratio(2 * (of_clusters + of_labels - joint), of_clusters + of_labels)


def mean_silhouette(sums: Clustered) -> np.ndarray:
    """The mean silhouette (Rousseeuw 1987) of labels of two samples at least, by Euclidean distance."""
    return ratio(*np.moveaxis(sums.silhouettes, -1, 0))


def neighbour_accuracy(sums: Clustered) -> np.ndarray:
    """The share of samples whose label most of their nearest train samples have, by Euclidean distance."""
    return ratio(*np.moveaxis(sums.neighbours, -1, 0))


def separability(sums: Clustered) -> np.ndarray:
    """The area under the ROC curve by which the norm tells these samples from train: 0.5 where it does not."""
    return ratio(*np.moveaxis(sums.norms, -1, 0))


def score_clusters(
    model: str, dataset: str, x: np.ndarray, samples: pd.DataFrame, spec: dict[str, Any]
) -> list[dict[str, Any]]:
    """Rows of Replicates of the validation and of the test split.

    x (N, d) float32, less the mean of the train samples; samples (index sample_id; split, group, label) in its order,
    labelled ones only. There is no row of a split, or of any, that has fewer than two labels.
    """
    train = (samples["split"] == "train").to_numpy()
    rows = []
    for split in ("validation", "test"):
        held_out = (samples["split"] == split).to_numpy()
        if min(samples.loc[chosen, "label"].nunique() for chosen in (train, held_out)) < 2:
            continue
        of = samples[held_out]
        sums = lie(x[held_out], of, x[train], samples.loc[train, "label"].to_numpy(str), spec["seed"])
        rows += score_sums(CLUSTERS, sums, of, spec, model=model, dataset=dataset, split=split)
    return rows


def lie(x: np.ndarray, samples: pd.DataFrame, train: np.ndarray, of_train: np.ndarray, seed: int) -> Clustered:
    """Sums (groups, ...) of samples x (N, d) with group and label, beside train samples (M, d) with labels (M,)."""
    labels, groups = samples["label"].to_numpy(str), samples["group"].to_numpy(str)
    names, label = np.unique(labels, return_inverse=True)
    narrow = x if x.shape[1] <= len(x) else np.linalg.qr(x.T, mode="r").T  # the same distances, in N coordinates
    cluster = KMeans(len(names), n_init=STARTS, random_state=seed).fit_predict(narrow)
    table = np.zeros((len(x), len(names), len(names)))
    table[np.arange(len(x)), cluster, label] = 1

    several = np.bincount(label)[label] > 1
    silhouettes = np.zeros(len(x))
    if len(np.unique(label[several])) > 1:
        silhouettes[several] = silhouette_samples(x[several], labels[several])
    else:
        several = np.zeros(len(x), bool)
    told = KNeighborsClassifier(min(NEIGHBOURS, len(train))).fit(train, of_train).predict(x) == labels
    every = np.ones(len(x))
    terms = ((silhouettes, several), (told, every), (_beyond(x, train), every))
    return Clustered(by_group(groups, table), *(by_group(groups, np.column_stack(pair)) for pair in terms))


def _beyond(x: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Of each of x (N, d) the share of train samples (M, d) with a smaller norm, half of those with the same.

    Their mean is the area under the ROC curve (Hanley and McNeil 1982). Of a greater norm, where train samples have
    the greater norms on the whole: which side is which says nothing.
    """
    norm, others = (np.linalg.norm(values, axis=1) for values in (x, train))
    others.sort()
    share = (np.searchsorted(others, norm) + np.searchsorted(others, norm, side="right")) / (2 * len(others))
    return share if share.mean() >= 0.5 else 1 - share


def _margins(table: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Counts (..., cells), (..., clusters), (..., labels) and (..., 1) of a table (..., clusters, labels)."""
    cells = table.reshape(*table.shape[:-2], -1)
    return cells, table.sum(-1), table.sum(-2), cells.sum(-1, keepdims=True)


def _pairs(counts: np.ndarray) -> np.ndarray:
    """How many pairs of samples have one place, over all places (...,) of counts (..., places)."""
    return (counts * (counts - 1) / 2).sum(-1)
