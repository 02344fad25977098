"""A sample that two sources hold, found by its vector among all others.

Which samples are twins is told by what the sources say of them, and by no value: see `specimens`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from workflow_scripts.evaluation.metrics import TWINS
from workflow_scripts.evaluation.resampling import by_group, ratio, score_sums

DATASET = "held_out"  # what a sample is looked for in: all others of the validation and of the test split
FIRST = (1, 5, 10)


class Found(NamedTuple):
    """Sums over samples; the leading axes are of groups, or of resamples, or there is none."""

    ranks: (
        np.ndarray
    )  # (..., 5) samples, those whose twin is the first, of the first 5, of the first 10, sum of 1 / rank


def recall_1(sums: Found) -> np.ndarray:
    """The share of samples to which a twin is the nearest."""
    return ratio(sums.ranks[..., 1], sums.ranks[..., 0])


def recall_5(sums: Found) -> np.ndarray:
    """The share of samples to which a twin is one of the five nearest."""
    return ratio(sums.ranks[..., 2], sums.ranks[..., 0])


def recall_10(sums: Found) -> np.ndarray:
    """The share of samples to which a twin is one of the ten nearest."""
    return ratio(sums.ranks[..., 3], sums.ranks[..., 0])


def mean_reciprocal_rank(sums: Found) -> np.ndarray:
    """The mean of 1 / rank of the nearest twin (Voorhees 1999)."""
    return ratio(sums.ranks[..., 4], sums.ranks[..., 0])


def score_retrieval(model: str, x: np.ndarray, samples: pd.DataFrame, spec: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of Replicates of the validation and of the test split; none of one that has no twins.

    x (N, d) float32, less the mean of the train samples; samples (index sample_id; corpus, split, group, label) in its
    order. A sample is looked for among all others of both splits, so by twins that are in its own: a group is in one.
    """
    held_out = (samples["split"] != "train").to_numpy()
    samples, x = samples[held_out], x[held_out]
    names = specimens(samples)
    rows = []
    for split in ("validation", "test"):
        queries = np.flatnonzero((samples["split"] == split).to_numpy() & (names != ""))
        if len(queries):
            of, rank = samples.iloc[queries], ranks(x, names, queries)
            terms = np.column_stack([np.ones(len(rank)), *(rank <= first for first in FIRST), 1 / rank])
            sums = Found(by_group(of["group"].to_numpy(str), terms))
            rows += score_sums(TWINS, sums, of, spec, model=model, dataset=DATASET, split=split)
    return rows


def specimens(samples: pd.DataFrame) -> np.ndarray:
    """Of each sample (corpus, group, label) a name (N,) str that its twins share, empty where it has none.

    Twins are of one group (patient, donor) and one label, in several corpora that hold one sample of these each: where
    a corpus holds two of them, nothing tells which is the twin, and nothing is said. Unlabelled samples have none.
    """
    keys = ["group", "label"]
    of = samples[["corpus", *keys]].astype(str).groupby(keys)["corpus"]
    twins = (of.transform("size") == of.transform("nunique")) & (of.transform("nunique") > 1) & (samples["label"] != "")
    return np.where(twins, samples["group"].astype(str) + "\t" + samples["label"].astype(str), "")


def ranks(x: np.ndarray, names: np.ndarray, queries: np.ndarray) -> np.ndarray:
    """The rank (Q,) int64, from 1, of the nearest twin of each of the rows `queries` (Q,) among all other rows.

    x (N, d); names (N,) str, which twins share. Near is what has a great cosine. Others that are as near as the twin
    stand before it, so that vectors which are all the same find nothing.
    """
    size = np.linalg.norm(x, axis=1, keepdims=True)
    unit = np.divide(x, size, out=np.zeros_like(x), where=size > 0)
    near = unit[queries] @ unit.T  # (Q, N)
    itself = queries[:, None] == np.arange(len(x))
    twin = (names[queries][:, None] == names) & ~itself
    nearest = np.where(twin, near, -np.inf).max(axis=1, keepdims=True)
    return 1 + ((near >= nearest) & ~twin & ~itself).sum(axis=1)
