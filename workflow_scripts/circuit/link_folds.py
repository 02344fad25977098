"""Folds of whole chromosomes: one to predict, and within the others some to choose by.

Pairs of one chromosome share elements and genes, so that no fold parts them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from workflow_scripts.circuit.link_features import Candidates

HELD_OUT = -1


def held_out(data: Candidates) -> Iterator[tuple[np.ndarray, Candidates]]:
    """Of each chromosome its pairs (N,) bool, and the data without what is known of their regulation."""
    for chrom in np.unique(data.chrom):
        rows = data.chrom == chrom
        yield rows, data._replace(regulated=np.where(rows, np.nan, data.regulated))


def predict_held_out(
    data: Candidates, model: Callable[[Candidates, dict[str, Any]], np.ndarray], spec: dict[str, Any]
) -> np.ndarray:
    """Scores (N,) float64, those of each chromosome by a model that was fitted to the others."""
    found = np.full(len(data.chrom), np.nan)
    for rows, others in held_out(data):
        found[rows] = model(others, spec)[rows]
    return found


def inner_folds(data: Candidates, number: int) -> np.ndarray:
    """The inner fold (N,) int64 of each pair, `HELD_OUT` on chromosomes of which no pair is known.

    Chromosomes are dealt out by their number of regulated pairs, so that folds have about as many; there are fewer than
    `number` where so few chromosomes have regulated pairs and others.
    """
    known = np.isfinite(data.regulated)
    chroms = np.unique(data.chrom[known])
    of = [data.regulated[known & (data.chrom == chrom)] for chrom in chroms]
    counts = np.array([regulated.sum() if 0 in regulated else 0 for regulated in of])
    number = min(number, np.count_nonzero(counts))
    order = np.argsort(-counts, kind="stable")
    places = np.arange(len(chroms))
    dealt = np.where(places // number % 2, number - 1 - places % number, places % number)  # there and back
    fold_of = dict(zip(chroms[order], dealt, strict=True))
    return np.array([fold_of.get(chrom, HELD_OUT) for chrom in data.chrom])
