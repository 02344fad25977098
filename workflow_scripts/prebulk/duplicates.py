"""Samples that are the same measurement: candidates from sketches, sets of the same, which one stays.

`results/prebulk/duplicates.parquet`, one row per sample to be dropped: sample_id, corpus, duplicate_of (the
sample kept instead), correlation (the highest seen with another sample of its set; pairs within a set that
other pairs already make are not compared).

Candidates: the Pearson correlation r of two samples is 1 - d**2 / 2, d being the distance of their centred
vectors of length 1. Near pairs are looked for among the sketches, first by a k-d tree over the leading principal
components, in which no distance is longer than in full: no near pair is lost and few far ones pass. One half of a
sketch is enough to be near: a single gene far off, of little weight among 20,000, would put any whole sketch apart.

Cost: every near pair is listed, n**2 / 2 of them where n samples are all alike, in portions that bound the
memory. Only those whose samples are still in two sets are compared further: to join n equal samples takes about
n comparisons. Samples that are near and yet not the same are all compared with each other.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import chain, combinations_with_replacement
from pathlib import Path

import numpy as np
import pandas as pd
import pandera.pandas as pa
import scipy.sparse
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from workflow_scripts.io.tables import read_table, write_table

log = logging.getLogger(__name__)

# 1 - r on the genes of a sketch strays from 1 - r on all genes (0.6 to 1.7 times, seen on 734 samples and 512 of
# 2,408 genes); candidates are taken up to so many times the limit, then decided on all genes.
SLACK = 4.0
COMPONENTS = 16
FEWEST_GENES = 32  # that two sources must share in the sketch to be compared
NEAR = 1 << 21  # pairs listed at once
BLOCK = 4096  # pairs whose sketches are in memory at once


SCHEMA = pa.DataFrameSchema(
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
    write_table(duplicates, path, SCHEMA)


def read(path: Path) -> pd.DataFrame:
    return read_table(path, SCHEMA)[0]


class Sets:
    """Samples in sets of the same, each alone at first."""

    def __init__(self, samples: int) -> None:
        self.of = np.arange(samples)  # number of the set of each sample
        self.highest = np.full(samples, -1.0)  # correlation of each sample with another of its set

    def apart(self, pairs: np.ndarray) -> np.ndarray:
        """Of each pair (m x 2, int64) whether its samples are still in two sets (bool)."""
        return self.of[pairs[:, 0]] != self.of[pairs[:, 1]]

    def join(self, pairs: np.ndarray, correlation: np.ndarray) -> None:
        """Make one set of the two of each pair."""
        links = (np.ones(len(pairs)), tuple(self.of[pairs].T))
        size = len(self.of)
        self.of = connected_components(scipy.sparse.coo_array(links, shape=(size, size)), directed=False)[1][self.of]
        np.maximum.at(self.highest, pairs.ravel(), np.repeat(correlation, 2))


def candidate_pairs(values: np.ndarray, min_correlation: float, sets: Sets, threads: int = 1) -> Iterator[np.ndarray]:
    """Yield pairs (m x 2, int64, i < j) of samples that may correlate, by their sketches, a portion at a time.

    `values` is samples x k, ln(TPM+1), NaN where the source of the sample does not measure the gene. Samples that
    measure the same genes form a class; two classes are compared on the genes that both measure, and not at all
    where these are too few, with a warning. Pairs that are in one of `sets` by then are left out.
    """
    measured = ~np.isnan(values)
    masks, member = np.unique(measured, axis=0, return_inverse=True)
    member = member.reshape(-1)
    radius = float(np.sqrt(2 * SLACK * (1 - min_correlation)))
    for first, second in combinations_with_replacement(range(len(masks)), 2):
        genes = np.flatnonzero(masks[first] & masks[second])
        rows = np.flatnonzero((member == first) | (member == second))
        if len(genes) < min(FEWEST_GENES, values.shape[1]):
            sizes = (member == first).sum(), (member == second).sum()
            log.warning("%d and %d samples share too few genes: not compared with each other", *sizes)
            continue
        halves = (genes[0::2], genes[1::2]) if len(genes) >= 2 * FEWEST_GENES else (genes,)
        points = [unit_rows(values[np.ix_(rows, half)]) for half in halves]
        for at, of_half in enumerate(points):
            for near in _near_pairs(of_half, radius, threads):
                if first != second:
                    near = near[member[rows[near[:, 0]]] != member[rows[near[:, 1]]]]
                near = near[sets.apart(rows[near])]
                near = near[_close(of_half, near, radius)]
                for before in points[:at]:  # whose near pairs were yielded already
                    near = near[~_close(before, near, radius)]
                yield rows[near]


def unit_rows(x: np.ndarray) -> np.ndarray:
    """Rows centred and scaled to length 1 (float32); a constant row becomes zeros."""
    x = x.astype(np.float32)
    x -= x.mean(axis=1, keepdims=True)
    norm = np.linalg.norm(x, axis=1, keepdims=True)
    return np.divide(x, norm, out=np.zeros_like(x), where=norm > 0)


def _near_pairs(points: np.ndarray, radius: float, threads: int) -> Iterator[np.ndarray]:
    """Yield pairs (m x 2, i < j) of rows of `points` that are near in their leading components, about NEAR at once.

    Centres `points` in place; distances stay as they are.
    """
    points -= points.mean(axis=0)
    _, vectors = np.linalg.eigh(points.T @ points)
    leading = points @ vectors[:, -COMPONENTS:]
    tree = cKDTree(leading)
    counts = tree.query_ball_point(leading, radius, workers=threads, return_length=True)
    ends = np.flatnonzero(np.diff(np.cumsum(counts) // NEAR)) + 1
    for portion in np.split(np.arange(len(points)), ends):
        near = tree.query_ball_point(leading[portion], radius, workers=threads)
        i = np.repeat(portion, [len(others) for others in near])
        j = np.fromiter(chain.from_iterable(near), np.int64, len(i))
        yield np.column_stack([i, j])[i < j]


def _close(points: np.ndarray, pairs: np.ndarray, radius: float) -> np.ndarray:
    """Whether the two rows of `points` of each pair are not farther apart than `radius` (bool)."""
    close = np.empty(len(pairs), bool)
    for first in range(0, len(pairs), BLOCK):
        i, j = pairs[first : first + BLOCK].T
        close[first : first + BLOCK] = np.linalg.norm(points[i] - points[j], axis=1) <= radius
    return close


def correlations(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Pearson correlation of each row of `a` with the same row of `b` over the genes that neither has as NaN."""
    common = ~(np.isnan(a) | np.isnan(b))
    count = common.sum(axis=1)
    a, b = (np.where(common, x, 0).astype(np.float64) for x in (a, b))
    a, b = (np.where(common, x - (x.sum(axis=1) / np.maximum(count, 1))[:, None], 0) for x in (a, b))
    scale = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    return np.divide((a * b).sum(axis=1), scale, out=np.zeros(len(a)), where=scale > 0).clip(-1, 1)


def drop_all_but_one(samples: pd.DataFrame, sets: Sets, prefer: list[str]) -> pd.DataFrame:
    """The duplicates table. `samples` has sample_id, corpus and label, in order of corpus and file.

    Of every set one sample stays: of the corpus that comes first in `prefer`, then one with a label, then by the
    name of the corpus, then the first in it.
    """
    ranks = {corpus: rank for rank, corpus in enumerate(prefer)}
    order = pd.DataFrame(
        {
            "set": sets.of,
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
            "correlation": sets.highest[position],
        }
    )
