"""Samples that are the same measurement: candidates from sketches, sets of the same, which one stays.

`results/prebulk/duplicates.parquet`, one row per sample to be dropped: sample_id, corpus, duplicate_of (the
sample kept instead), correlation (the highest with another sample of its set).

Candidates: the Pearson correlation r of two samples is 1 - d**2 / 2, d being the distance of their centred
vectors of length 1. Near pairs are looked for among the sketches, first by a k-d tree over the leading principal
components, in which no distance is longer than in full: no near pair is lost and few far ones pass. That takes
n log n steps, not n**2.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations_with_replacement
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workflow_scripts.contracts.tables import read_table, write_table

if TYPE_CHECKING:
    import pandera.pandas as pa

# 1 - r on the genes of a sketch strays from 1 - r on all genes (0.6 to 1.7 times, seen on 734 samples and 512 of
# 2,408 genes); candidates are taken up to so many times the limit, then decided on all genes.
SLACK = 4.0
COMPONENTS = 16
FEWEST_GENES = 32  # that two sources must share in the sketch to be compared
BLOCK = 4096  # samples asked of the tree at once


@cache
def schema() -> pa.DataFrameSchema:
    import pandera.pandas as pa

    return pa.DataFrameSchema(
        {
            "sample_id": pa.Column(str, unique=True),
            "corpus": pa.Column(str),
            "duplicate_of": pa.Column(str),
            "correlation": pa.Column("float64", pa.Check.in_range(-1, 1)),
        },
        name="Duplicates",
        strict=True,
        ordered=True,
    )


def write(duplicates: pd.DataFrame, path: Path) -> None:
    write_table(duplicates, path, schema())


def read(path: Path) -> pd.DataFrame:
    return read_table(path, schema())[0]


def candidate_pairs(
    values: np.ndarray, min_correlation: float, threads: int = 1
) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Return (pairs, left out): pairs (m x 2, int64, i < j) of samples that may correlate, by their sketches.

    `values` is samples x k, ln(TPM+1), NaN where the source of the sample does not measure the gene. Samples that
    measure the same genes form a class; two classes are compared on the genes that both measure, and listed in
    `left out` (sizes of the two classes) where these are too few.
    """
    measured = ~np.isnan(values)
    masks, member = np.unique(measured, axis=0, return_inverse=True)
    member = member.reshape(-1)
    radius = float(np.sqrt(2 * SLACK * (1 - min_correlation)))
    pairs, left_out = [np.empty((0, 2), np.int64)], []
    for first, second in combinations_with_replacement(range(len(masks)), 2):
        genes = np.flatnonzero(masks[first] & masks[second])
        if len(genes) < min(FEWEST_GENES, values.shape[1]):
            left_out.append((int((member == first).sum()), int((member == second).sum())))
            continue
        rows = np.flatnonzero((member == first) | (member == second))
        found = rows[_near_pairs(unit_rows(values[np.ix_(rows, genes)]), radius, threads)]
        pairs.append(found if first == second else found[member[found[:, 0]] != member[found[:, 1]]])
    return np.concatenate(pairs), left_out


def unit_rows(x: np.ndarray) -> np.ndarray:
    """Rows centred and scaled to length 1 (float32); a constant row becomes zeros."""
    x = x.astype(np.float32)
    x -= x.mean(axis=1, keepdims=True)
    norm = np.linalg.norm(x, axis=1, keepdims=True)
    return np.divide(x, norm, out=np.zeros_like(x), where=norm > 0)


def _near_pairs(points: np.ndarray, radius: float, threads: int) -> np.ndarray:
    """Pairs (m x 2, i < j) of rows of `points` (centred in place) that are not farther apart than `radius`."""
    from scipy.spatial import cKDTree

    points -= points.mean(axis=0)  # distances stay as they are
    _, vectors = np.linalg.eigh(points.T @ points)
    leading = points @ vectors[:, -COMPONENTS:]
    tree = cKDTree(leading)
    found = [np.empty((0, 2), np.int64)]
    for first in range(0, len(points), BLOCK):
        near = tree.query_ball_point(leading[first : first + BLOCK], radius, workers=threads)
        i = np.repeat(np.arange(first, first + len(near)), [len(others) for others in near])
        j = np.concatenate([np.asarray(others, np.int64) for others in near])
        i, j = i[i < j], j[i < j]
        close = np.empty(len(i), bool)
        for start in range(0, len(i), BLOCK):
            part = slice(start, start + BLOCK)
            close[part] = np.linalg.norm(points[i[part]] - points[j[part]], axis=1) <= radius
        found.append(np.column_stack([i[close], j[close]]))
    pairs = np.concatenate(found)
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def correlations(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Pearson correlation of each row of `a` with the same row of `b` over the genes that neither has as NaN."""
    common = ~(np.isnan(a) | np.isnan(b))
    count = common.sum(axis=1)
    a, b = (np.where(common, x, 0).astype(np.float64) for x in (a, b))
    a, b = (np.where(common, x - (x.sum(axis=1) / np.maximum(count, 1))[:, None], 0) for x in (a, b))
    scale = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    return np.divide((a * b).sum(axis=1), scale, out=np.zeros(len(a)), where=scale > 0).clip(-1, 1)


def same_sets(pairs: np.ndarray, samples: int) -> np.ndarray:
    """For each sample the number of the set of samples that it is connected with by `pairs`."""
    import scipy.sparse
    from scipy.sparse.csgraph import connected_components

    links = (np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1]))
    return connected_components(scipy.sparse.coo_array(links, shape=(samples, samples)), directed=False)[1]


def drop_all_but_one(
    samples: pd.DataFrame, pairs: np.ndarray, correlation: np.ndarray, prefer: list[str]
) -> pd.DataFrame:
    """The duplicates table. `samples` has sample_id, corpus and label, in order of corpus and file.

    Of every set one sample stays: of the corpus that comes first in `prefer`, then one with a label, then by the
    name of the corpus, then the first in it.
    """
    sets = same_sets(pairs, len(samples))
    highest = np.full(len(samples), -1.0)
    np.maximum.at(highest, pairs.ravel(), np.repeat(correlation, 2))
    ranks = {corpus: rank for rank, corpus in enumerate(prefer)}
    order = pd.DataFrame(
        {
            "set": sets,
            "rank": samples["corpus"].map(ranks).fillna(len(prefer)).to_numpy(),
            "unlabelled": (samples["label"] == "").to_numpy(),
            "corpus": samples["corpus"].to_numpy(),
            "position": np.arange(len(samples)),
        }
    )
    order = order[order["set"].duplicated(keep=False)].sort_values(list(order.columns))
    kept = order.groupby("set")["position"].transform("first")
    dropped = (order["position"] != kept).to_numpy()
    position = order["position"].to_numpy()[dropped]
    ids = samples["sample_id"].to_numpy()
    return pd.DataFrame(
        {
            "sample_id": ids[position],
            "corpus": samples["corpus"].to_numpy()[position],
            "duplicate_of": ids[kept.to_numpy()[dropped]],
            "correlation": highest[position],
        }
    )
