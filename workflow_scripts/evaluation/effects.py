"""How well changes of expression under perturbations are predicted, each score also between two that frame it.

Every score is of three predictions: that of a model; the least that counts (`NEGATIVE`: the mean of the single
perturbations that were known); and the best that the data let see (`CEILING`: the mean over one half of the cells,
held against that over the other half). A calibrated score is (model - negative) / (ceiling - negative): 0 is the mean,
1 the ceiling. It can be above 1, as half of the cells has more noise than all, which models are held against; where
the ceiling is no better than the negative, it is undefined. R rows (a perturbation in a context), G genes;
perturbations are drawn again.

A perturbed gene is left out of all scores of its perturbation, as its level is set by that itself.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from workflow_scripts.evaluation import cell_models
from workflow_scripts.evaluation.metrics import EFFECTS, scorers
from workflow_scripts.evaluation.resampling import by_group, ratio, score_sums
from workflow_scripts.evaluation.responses import change_correlation, places

MODEL, NEGATIVE, CEILING = range(3)  # places on the axis before the last of `Scored`


class Truth(NamedTuple):
    """What perturbations changed, float64."""

    change: np.ndarray  # (R, G) from control cells
    halves: np.ndarray  # (2, R, G) the same of each half of the cells
    mean: np.ndarray  # (R, G) the mean of the single perturbations that were known, in the context
    perturbed: np.ndarray  # (R, G) bool
    context: np.ndarray  # (R,) str
    name: np.ndarray  # (R,) str, of the perturbation: rows with one name are drawn together


class Scored(NamedTuple):
    """Sums over rows, (..., 3, 2): of the three predictions the sum of a score, and of how many."""

    squares: np.ndarray  # squared errors, of values
    distances: np.ndarray  # roots of the sum of squared errors over genes, of rows
    changes: np.ndarray  # correlations with the change from control cells
    beyond: np.ndarray  # correlations with the change from the mean of perturbations
    ranks: np.ndarray  # shares of other predictions that are nearer
    centroids: np.ndarray  # shares of other truths that are farther


def effect_mse(sums: Scored) -> np.ndarray:
    """The mean squared error of a value."""
    return _means(sums.squares)[..., MODEL]


def effect_l2(sums: Scored) -> np.ndarray:
    """The mean over perturbations of the Euclidean distance over genes."""
    return _means(sums.distances)[..., MODEL]


def effect_delta_pearson(sums: Scored) -> np.ndarray:
    """The mean over perturbations of Pearson's r of predicted and true changes from control cells."""
    return _means(sums.changes)[..., MODEL]


def effect_pearson_beyond_mean(sums: Scored) -> np.ndarray:
    """The same of changes from the mean of perturbations, which systematic ones do not help (Systema, 2025)."""
    return _means(sums.beyond)[..., MODEL]


def effect_rank(sums: Scored) -> np.ndarray:
    """The mean share of predictions of others in the context that are nearer to a truth than its own (PerturBench)."""
    return _means(sums.ranks)[..., MODEL]


def effect_centroid_accuracy(sums: Scored) -> np.ndarray:
    """The mean share of other truths of the context that are farther from a prediction than its own (Systema, 2025)."""
    return _means(sums.centroids)[..., MODEL]


def calibrated_mse(sums: Scored) -> np.ndarray:
    """The mean squared error between that of the mean (0) and of the ceiling (1)."""
    return _calibrated(sums.squares, -1)


def calibrated_l2(sums: Scored) -> np.ndarray:
    """The distance, likewise."""
    return _calibrated(sums.distances, -1)


def calibrated_delta_pearson(sums: Scored) -> np.ndarray:
    """Pearson's r of changes from control cells, likewise."""
    return _calibrated(sums.changes, 1)


def calibrated_pearson_beyond_mean(sums: Scored) -> np.ndarray:
    """Pearson's r of changes from the mean, likewise."""
    return _calibrated(sums.beyond, 1)


def calibrated_rank(sums: Scored) -> np.ndarray:
    """The rank, likewise."""
    return _calibrated(sums.ranks, -1)


def calibrated_centroid_accuracy(sums: Scored) -> np.ndarray:
    """The centroid accuracy, likewise."""
    return _calibrated(sums.centroids, 1)


def _means(sums: np.ndarray) -> np.ndarray:
    return ratio(sums[..., 0], sums[..., 1])


def _calibrated(sums: np.ndarray, upward: int) -> np.ndarray:
    """upward: 1 where more is better, else -1."""
    means = upward * _means(sums)
    room = means[..., CEILING] - means[..., NEGATIVE]
    return ratio(means[..., MODEL] - means[..., NEGATIVE], np.where(room > 0, room, 0))


def score_effects(
    truth: Truth, predicted: dict[str, np.ndarray], task: str, spec: dict[str, Any], dataset: str
) -> list[dict[str, Any]]:
    """Rows of Replicates of each model, of changes (R, G), and of the ceiling.

    spec: seed, bootstrap_samples. Where there are several contexts, `DATASET, CONTEXT` are further data sets.
    """
    frame = _frame(truth)
    found = {model: terms(truth, changes, truth.change) for model, changes in predicted.items()}
    rows = []
    for model, own in {**found, cell_models.CEILING: frame[1]}.items():
        for name, kept in _parts(truth, dataset).items():
            of, context = truth.name[kept], truth.context[kept]
            index = [f"{one}|{other}" for one, other in zip(of, context, strict=True)]
            samples = pd.DataFrame({"group": of, "label": ""}, index=index)
            about = {"model": model, "dataset": name, "split": "test"}
            sums = _sums([own, *frame], of, kept)
            rows += [{**row, "task": task} for row in score_sums(EFFECTS, sums, samples, spec, **about)]
    return rows


def score_seeds(truth: Truth, predicted: dict[str, list[np.ndarray]], task: str, dataset: str) -> list[dict[str, Any]]:
    """Rows of Metrics, `seed_sd:METRIC`: the standard deviation of each metric over the seeds of a model.

    predicted: of each model the changes (R, G) of each of its seeds; n is their number.
    """
    frame, rows = _frame(truth), []
    for model, seeds in predicted.items():
        found = [terms(truth, changes, truth.change) for changes in seeds]
        for name, kept in _parts(truth, dataset).items():
            totals = [Scored(*(part.sum(0) for part in _sums([own, *frame], truth.name[kept], kept))) for own in found]
            about = {"model": model, "dataset": name, "split": "test", "task": task, "n": len(seeds)}
            for (level, metric), score in scorers(EFFECTS).items():
                value = float(np.std([float(score(total)) for total in totals], ddof=1))
                number = {"level": level, "metric": f"seed_sd:{metric}", "value": value}
                rows.append({**about, **number, "ci_low": np.nan, "ci_high": np.nan})
    return rows


def _parts(truth: Truth, dataset: str) -> dict[str, np.ndarray]:
    """The rows (R,) bool of each data set."""
    contexts = np.unique(truth.context)
    parts = {f"{dataset}, {context}": truth.context == context for context in contexts} if len(contexts) > 1 else {}
    return {dataset: np.full(len(truth.name), True), **parts}


def _frame(truth: Truth) -> list[Scored]:
    """The terms of the negative and of the ceiling."""
    return [terms(truth, truth.mean, truth.change), terms(truth, *truth.halves)]


def _sums(three: list[Scored], names: np.ndarray, kept: np.ndarray) -> Scored:
    """Of the model, the negative and the ceiling the sums over rows of one name, of those that are kept."""
    return Scored(*(by_group(names, np.stack(parts, axis=1)[kept]) for parts in zip(*three, strict=True)))


def terms(truth: Truth, predicted: np.ndarray, true: np.ndarray) -> Scored:
    """Of each row what its scores are, each (R, 2): a sum, and of how many. predicted, true: changes (R, G)."""
    left = ~truth.perturbed
    squares = np.where(left, (predicted - true) ** 2, 0).sum(1)
    pairs = list(zip(predicted, true, truth.mean, left, strict=True))
    rank, centroid = np.zeros((2, len(true), 2))
    for context in np.unique(truth.context):
        rows = truth.context == context
        rank[rows], centroid[rows] = places(true[rows], predicted[rows], truth.perturbed[rows])
    return Scored(
        squares=np.column_stack([squares, left.sum(1)]),
        distances=np.column_stack([np.sqrt(squares), np.ones(len(true))]),
        changes=np.array([change_correlation(guess[kept], of[kept]) for guess, of, _, kept in pairs]),
        beyond=np.array(
            [change_correlation((guess - mean)[kept], (of - mean)[kept]) for guess, of, mean, kept in pairs]
        ),
        ranks=rank,
        centroids=centroid,
    )
