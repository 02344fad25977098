"""How well a ranking of edges finds those that there are, with a bootstrap over targets.

Scored are the candidate edges of EdgeTruth; one that a model does not name has the weight 0. Edges of equal weight are
in no order: each number is what all their orders have on average, but for AUPR, which takes them at once.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from workflow_scripts.evaluation.metrics import EDGES
from workflow_scripts.evaluation.resampling import ratio, score_resamples

AT_ONCE = 2**22  # edges x resamples that are counted at a time, which bounds memory


class Ranked(NamedTuple):
    """Counts over candidate edges; the leading axes are of resamples, or there is none."""

    precision: np.ndarray  # (...,) sum over true edges of the share of true ones among all that are as strong
    right: np.ndarray  # (...,) pairs of a true and a false edge with the true one stronger, half of equal ones
    hits: np.ndarray  # (...,) true edges among the first `taken`
    early: np.ndarray  # (...,) true edges among as many of the first as there are true ones
    true: np.ndarray  # (...,) true edges
    false: np.ndarray  # (...,) others
    taken: np.ndarray  # (...,) how many edges are named, fixed beforehand


def aupr(of: Ranked) -> np.ndarray:
    """Area under precision over recall as average precision, without interpolation (as scikit-learn has it)."""
    return ratio(of.precision, of.true)


def auroc(of: Ranked) -> np.ndarray:
    """Area under the ROC curve: of a true and a false edge, how often the true one is stronger (Hanley and McNeil)."""
    return ratio(of.right, of.true * of.false)


def edge_precision(of: Ranked) -> np.ndarray:
    """The share of true edges among those named."""
    return ratio(of.hits, of.taken)


def edge_recall(of: Ranked) -> np.ndarray:
    """The share of true edges that are named."""
    return ratio(of.hits, of.true)


def edge_f1(of: Ranked) -> np.ndarray:
    """The harmonic mean of precision and recall."""
    return ratio(2 * of.hits, of.taken + of.true)


def early_precision(of: Ranked) -> np.ndarray:
    """The share of true edges among as many of the strongest as there are true ones (Pratapa et al. 2020)."""
    return ratio(of.early, of.true)


def score_edges(
    truth: pd.DataFrame, inferred: dict[str, pd.DataFrame], spec: dict[str, Any], dataset: str
) -> list[dict[str, Any]]:
    """Rows of Replicates of each model: {model: Edges} against EdgeTruth (see the contracts).

    spec: edges_per_gene (how many edges are named for each target among the candidates), seed, bootstrap_samples.
    """
    names, target = np.unique(truth["target"].to_numpy(str), return_inverse=True)
    present, pairs = truth["present"].to_numpy(bool), pd.MultiIndex.from_frame(truth[["source", "target"]])
    taken = spec["edges_per_gene"] * len(names)
    candidates = pd.DataFrame({"group": truth["target"], "label": present.astype(str)})
    candidates.index = pd.Index(truth["source"] + ">" + truth["target"])
    rows = []
    for model, edges in inferred.items():
        weights = edges.set_index(["source", "target"])["weight"].reindex(pairs, fill_value=0.0).to_numpy(float)

        def resampled(drawn: np.ndarray, weights: np.ndarray = weights) -> Ranked:
            return rank(weights, present, target, drawn, taken)

        total = Ranked(*(part[0] for part in resampled(np.ones((1, len(names))))))
        place = {"model": model, "dataset": dataset, "split": "test"}
        rows += score_resamples(EDGES, total, resampled, candidates, spec, **place)
    return rows


def rank(weights: np.ndarray, present: np.ndarray, target: np.ndarray, drawn: np.ndarray, taken: float) -> Ranked:
    """Count edges (E,) by weight in resamples (R, T) of how often each target was drawn; arrays (R,) float64.

    weights (E,) float64; present (E,) bool; target (E,) int, place of each edge's target among T. An edge counts as
    often as its target was drawn. At most all edges are taken.
    """
    order = np.argsort(-weights, kind="stable")
    present, target = present[order], target[order]
    starts = np.flatnonzero(np.diff(weights[order], prepend=np.inf))  # of edges of equal weight
    rows = max(1, AT_ONCE // len(weights))
    parts = [_count(drawn[at : at + rows][:, target], present, starts, taken) for at in range(0, len(drawn), rows)]
    return Ranked(*map(np.concatenate, zip(*parts, strict=True))) if parts else Ranked(*np.zeros((7, 0)))


def _count(times: np.ndarray, present: np.ndarray, starts: np.ndarray, taken: float) -> Ranked:
    """times (R, E): how often each edge counts, the strongest first; starts (S,): of equal weights."""
    true, every = (np.add.reduceat(part, starts, axis=1) for part in (times * present, times))
    hits, named = np.cumsum(true, axis=1), np.cumsum(every, axis=1)
    false, positives, total = every - true, hits[:, -1], named[:, -1]
    right = true * ((total - positives)[:, None] - np.cumsum(false, axis=1) + false / 2)
    precision = true * np.divide(hits, named, out=np.zeros_like(hits), where=named > 0)
    taken = np.minimum(taken, total)
    return Ranked(
        precision=precision.sum(1),
        right=right.sum(1),
        hits=_first(taken, true, every, named),
        early=_first(positives, true, every, named),
        true=positives,
        false=total - positives,
        taken=taken,
    )


def _first(number: np.ndarray, true: np.ndarray, every: np.ndarray, named: np.ndarray) -> np.ndarray:
    """True edges (R,) among the first `number` (R,), on average over the orders of equal ones; others (R, S)."""
    inside = np.clip(number[:, None] - (named - every), 0, every)  # how many of each weight are among them
    return (true * np.divide(inside, every, out=np.zeros_like(every), where=every > 0)).sum(1)
