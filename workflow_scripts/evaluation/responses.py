"""How well responses to perturbations, and courses over time, are predicted; with a bootstrap over them.

P perturbations, G genes, T times. A level that is set by the perturbation itself tells nothing: the perturbed genes of
each perturbation are left out of all its scores.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from workflow_scripts.evaluation.metrics import RESPONSE, ROLL_OUT
from workflow_scripts.evaluation.resampling import by_group, ratio, score_sums

COVERAGES = ("response_coverage", "roll_out_coverage")
WIDTHS = ("response_width", "roll_out_width")


class Interval(NamedTuple):
    """Where 90 % of measurements are said to lie; NaN where nothing is said."""

    low: np.ndarray  # (P, G), or (T, G)
    high: np.ndarray
    sd: np.ndarray  # (G,) of each gene, in which widths are told


class Predicted(NamedTuple):
    """Sums over perturbations, or over series; the leading axes are of groups, or of resamples, or there is none."""

    errors: np.ndarray  # (..., 2) sum of squared errors, and of how many levels
    changes: np.ndarray  # (..., 2) sum of correlations of predicted and true changes, and of how many
    ranks: np.ndarray  # (..., 2) sum of ranks (0 the best, 1 the worst), and of how many; of responses alone
    centroids: np.ndarray  # (..., 2) sum of shares of other true responses that are farther, and of how many; likewise
    covered: np.ndarray  # (..., 2) levels that lie within the interval of their prediction, and of how many with one
    widths: np.ndarray  # (..., 2) sum of the widths of these intervals in sds of the gene, and of how many


def response_mse(sums: Predicted) -> np.ndarray:
    """The mean squared error of a level."""
    return ratio(*np.moveaxis(sums.errors, -1, 0))


def response_rmse(sums: Predicted) -> np.ndarray:
    """The root of the mean squared error of a level."""
    return np.sqrt(response_mse(sums))


def response_delta_pearson(sums: Predicted) -> np.ndarray:
    """The mean over perturbations of Pearson's r of predicted and true changes from the reference."""
    return ratio(*np.moveaxis(sums.changes, -1, 0))


def response_rank(sums: Predicted) -> np.ndarray:
    """The mean share of other perturbations whose prediction is nearer to a true response (PerturBench, 2024)."""
    return ratio(*np.moveaxis(sums.ranks, -1, 0))


def centroid_accuracy(sums: Predicted) -> np.ndarray:
    """The mean share of other true responses that are farther from a prediction than its own (Systema, 2025)."""
    return ratio(*np.moveaxis(sums.centroids, -1, 0))


def response_coverage(sums: Predicted) -> np.ndarray:
    """The share of levels that lie within the 90 % interval of their prediction: 0.9 of one that holds."""
    return ratio(*np.moveaxis(sums.covered, -1, 0))


def response_width(sums: Predicted) -> np.ndarray:
    """The mean width of these intervals, in sds of each gene: what coverage is bought with."""
    return ratio(*np.moveaxis(sums.widths, -1, 0))


def roll_out_rmse(sums: Predicted) -> np.ndarray:
    """The root of the mean squared error of a level, over the times of series."""
    return np.sqrt(ratio(*np.moveaxis(sums.errors, -1, 0)))


def roll_out_delta_pearson(sums: Predicted) -> np.ndarray:
    """The mean over series of Pearson's r of predicted and true changes from the start, over genes and times."""
    return ratio(*np.moveaxis(sums.changes, -1, 0))


def roll_out_coverage(sums: Predicted) -> np.ndarray:
    """The same over the times of series."""
    return response_coverage(sums)


def roll_out_width(sums: Predicted) -> np.ndarray:
    """The same over the times of series."""
    return response_width(sums)


def score_responses(
    true: np.ndarray,
    predicted: dict[str, np.ndarray],
    perturbed: np.ndarray,
    reference: np.ndarray,
    names: list[str],
    spec: dict[str, Any],
    dataset: str,
    intervals: dict[str, Interval] | None = None,
) -> list[dict[str, Any]]:
    """Rows of Replicates of each model.

    true, and predicted of each model: levels (P, G) float64; perturbed (P, G) bool; reference (G,): what changes are
    from; names (P,): of the perturbations, which are drawn again. spec: seed, bootstrap_samples. intervals: of models
    whose predictions have one; of others, as baselines, neither coverage nor width is told.
    """
    rows, known = [], intervals or {}
    for model, levels in predicted.items():
        left = ~perturbed
        changes = [
            change_correlation(levels[row][kept] - reference[kept], true[row][kept] - reference[kept])
            for row, kept in enumerate(left)
        ]
        errors = np.column_stack([np.where(left, (levels - true) ** 2, 0).sum(1), left.sum(1)])
        rank, centroid = places(true, levels, perturbed)
        of = known.get(model, _none_of(levels))
        held = [_held(Interval(of.low[row], of.high[row], of.sd), true[row], kept) for row, kept in enumerate(left)]
        sums = Predicted(errors, np.array(changes), rank, centroid, *np.moveaxis(np.array(held), 1, 0))
        rows += _told(_rows(RESPONSE, sums, names, spec, model=model, dataset=dataset), model in known)
    return rows


def score_roll_outs(
    true: list[np.ndarray],
    predicted: dict[str, list[np.ndarray]],
    starts: np.ndarray,
    names: list[str],
    spec: dict[str, Any],
    dataset: str,
    intervals: dict[str, list[Interval]] | None = None,
) -> list[dict[str, Any]]:
    """The same of courses: true, and predicted of each model, levels (T, G) after the start of each of S series.

    starts (S, G): levels at the start, which were given; names (S,): of the series, which are drawn again; intervals
    of each series.
    """
    rows, known = [], intervals or {}
    for model, courses in predicted.items():
        pairs = list(zip(courses, true, starts, strict=True))
        errors = np.array([[((course - of) ** 2).sum(), of.size] for course, of, _ in pairs])
        changes = np.array(
            [change_correlation((course - start).ravel(), (of - start).ravel()) for course, of, start in pairs]
        )
        none = np.zeros_like(errors)
        ends = known.get(model, [_none_of(course) for course in courses])
        held = [_held(within, of, np.isfinite(of)) for within, of in zip(ends, true, strict=True)]
        sums = Predicted(errors, changes, none, none, *np.moveaxis(np.array(held), 1, 0))
        rows += _told(_rows(ROLL_OUT, sums, names, spec, model=model, dataset=dataset), model in known)
    return rows


def places(true: np.ndarray, predicted: np.ndarray, perturbed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each perturbation its rank and its centroid accuracy, each with how often it counts: (P, 2) and (P, 2).

    Two perturbations are compared by mean squared differences over the genes that neither perturbs; those as near
    count half. Neither is known of one that shares its genes with no other.
    """
    rank, centroid = np.zeros((2, len(true), 2))
    for row, (of, guess) in enumerate(zip(true, predicted, strict=True)):
        left = ~(perturbed | perturbed[row])  # (P, G)
        others = (np.arange(len(true)) != row) & left.any(1)
        if others.any():
            own = _distance(guess - of, left)  # to itself, over the genes that the comparison with each other is over
            rank[row] = _share(_distance(predicted - of, left)[others], own[others]), 1
            centroid[row] = 1 - _share(_distance(guess - true, left)[others], own[others]), 1
    return rank, centroid


def _distance(difference: np.ndarray, left: np.ndarray) -> np.ndarray:
    """Mean squares (P,) of differences (G,) or (P, G) over genes that are `left` (P, G) bool."""
    return ratio(np.where(left, difference**2, 0).sum(1), left.sum(1))


def _share(other: np.ndarray, own: np.ndarray) -> float:
    """The share of others (K,) that are nearer than its own (K,), half of those as near."""
    return float(np.mean((other < own) + (other == own) / 2))


def change_correlation(predicted: np.ndarray, true: np.ndarray) -> tuple[float, float]:
    """Pearson's r of changes, 0 where none is predicted, and 1; (0, 0) where there is no true one to correlate with."""
    if len(true) < 2 or not np.ptp(true):
        return 0.0, 0.0
    return (float(np.corrcoef(predicted, true)[0, 1]) if np.ptp(predicted) > 0 else 0.0), 1.0


def _held(of: Interval, true: np.ndarray, kept: np.ndarray) -> tuple[tuple[float, float], tuple[float, float]]:
    """How many of the levels that are kept lie within their interval, and how wide these are; each of how many."""
    known = kept & np.isfinite(of.low)
    inside, width = (of.low <= true) & (true <= of.high), np.where(known, (of.high - of.low) / of.sd, 0.0)
    return (float((known & inside).sum()), float(known.sum())), (float(width.sum()), float(known.sum()))


def _none_of(levels: np.ndarray) -> Interval:
    return Interval(*[np.full_like(levels, np.nan)] * 2, np.ones(levels.shape[-1]))


def _told(rows: list[dict[str, Any]], with_interval: bool) -> list[dict[str, Any]]:
    """Without the coverage and the width of what has no interval."""
    return [row for row in rows if with_interval or row["metric"] not in COVERAGES + WIDTHS]


def _rows(task: str, sums: Predicted, names: list[str], spec: dict[str, Any], **row: str) -> list[dict[str, Any]]:
    """Rows of sums (P, 2), each of which is a group of its own."""
    samples = pd.DataFrame({"group": names, "label": ""}, index=pd.Index(names))
    grouped = Predicted(*(by_group(np.array(names, str), part) for part in sums))
    return score_sums(task, grouped, samples, spec, split="test", **row)
