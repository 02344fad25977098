"""How well scores rank pairs that are regulated before those that are not, in resamples of whole genes.

N pairs, K distinct scores. Pairs with one score come together: they have one place in the ranking.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from workflow_scripts.evaluation.metrics import LINKS
from workflow_scripts.evaluation.resampling import ratio, score_resamples

RECALL = 0.7  # at which precision is told (Gschwind et al. 2023)
AT_ONCE = 100  # resamples, which bounds memory


class Ranked(NamedTuple):
    """The areas and the place of a ranking; the leading axes are of resamples, or there is none."""

    average_precision: np.ndarray  # (...,)
    auroc: np.ndarray  # (...,)
    precision_at_recall: np.ndarray  # (...,)


def average_precision(ranked: Ranked) -> np.ndarray:
    """Mean over regulated pairs of the precision at their score (the area under the curve without interpolation)."""
    return ranked.average_precision


def auroc(ranked: Ranked) -> np.ndarray:
    """The chance that a regulated pair has a higher score than another, ties counted by half."""
    return ranked.auroc


def precision_at_recall(ranked: Ranked) -> np.ndarray:
    """Precision at the highest score by which 70 % of the regulated pairs are found."""
    return ranked.precision_at_recall


def rank(scores: np.ndarray, regulated: np.ndarray, weights: np.ndarray) -> Ranked:
    """Of scores (N,) and what is (N,) bool, each pair counted as often as weights (..., N) say.

    NaN where no pair that counts is regulated, or, of auroc, where all are.
    """
    order = np.argsort(-scores, kind="stable")
    last = np.r_[np.flatnonzero(np.diff(scores[order])), len(scores) - 1]  # of each distinct score
    weights, truth = weights[..., order], regulated[order]
    hits, misses = (np.cumsum(weights * of, axis=-1)[..., last] for of in (truth, ~truth))
    gained = np.diff(hits, axis=-1, prepend=0)
    positives, negatives = hits[..., -1], misses[..., -1]
    precision = np.divide(hits, hits + misses, out=np.zeros(hits.shape), where=hits + misses > 0)
    above = positives[..., None] - hits + gained / 2  # regulated pairs that lie below each score, ties by half
    wrong = (np.diff(misses, axis=-1, prepend=0) * above).sum(-1)
    reached = (hits >= RECALL * positives[..., None] - 1e-9).argmax(-1)
    at_recall = np.take_along_axis(precision, reached[..., None], -1)[..., 0]
    return Ranked(
        average_precision=ratio((precision * gained).sum(-1), positives),
        auroc=1 - ratio(wrong, positives * negatives),
        precision_at_recall=np.where(positives > 0, at_recall, np.nan),
    )


def precision_recall(scores: np.ndarray, regulated: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Recall and precision (K,) float64 of the pairs at or above each distinct score, the highest first.

    scores (N,), regulated (N,) bool, at least one of them.
    """
    order = np.argsort(-scores, kind="stable")
    last = np.r_[np.flatnonzero(np.diff(scores[order])), len(scores) - 1]
    hits = np.cumsum(regulated[order])[last]
    return hits / hits[-1], hits / (last + 1)


def score_links(scores: np.ndarray, pairs: pd.DataFrame, spec: dict[str, Any], **row: str) -> list[dict[str, Any]]:
    """Rows of Replicates of the scores (N,) float64 of tested pairs.

    pairs: EnhancerPairs in the order of the scores; spec: seed, bootstrap_samples; row: model, dataset, split. Whole
    genes are drawn.
    """
    regulated = pairs["regulated"].to_numpy(bool)
    names, gene = np.unique(pairs["gene"].to_numpy(str), return_inverse=True)

    def resampled(drawn: np.ndarray) -> Ranked:
        blocks = [rank(scores, regulated, drawn[at : at + AT_ONCE][:, gene]) for at in range(0, len(drawn), AT_ONCE)]
        empty = rank(scores, regulated, np.zeros((0, len(gene))))
        return Ranked(*(np.concatenate(parts) for parts in zip(*(blocks or [empty]), strict=True)))

    place = pairs["chrom"] + ":" + pairs["start"].astype(str) + "-" + pairs["end"].astype(str) + "|" + pairs["gene"]
    label = np.where(regulated, "regulated", "not regulated")
    samples = pd.DataFrame({"group": pairs["gene"].to_numpy(), "label": label}, index=place.to_numpy())
    return score_resamples(LINKS, rank(scores, regulated, np.ones(len(gene))), resampled, samples, spec, **row)
