"""How well starts of transcription are called: near annotated ones, and before all other places.

Of one track, its two strands together, in resamples of whole windows: of annotated starts, how far the highest call
around each is; and over bins, each with the score of a start there. Shapes: G genes, B bins, R resamples.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from workflow_scripts.evaluation.metrics import START_BINS, START_GENES
from workflow_scripts.evaluation.resampling import ratio, score_resamples
from workflow_scripts.evaluation.tracks import weighted_median

NEAR, NEARER = 100, 50  # bp


class Distances(NamedTuple):
    """Of annotated starts; the leading axis is of resamples, or there is none."""

    median: np.ndarray
    nearer: np.ndarray
    near: np.ndarray


class Ranking(NamedTuple):
    """Of bins; the leading axis is of resamples, or there is none."""

    average_precision: np.ndarray


def start_distance(starts: Distances) -> np.ndarray:
    """The median over annotated starts of the distance to the highest call around each (bp)."""
    return starts.median


def start_within_50(starts: Distances) -> np.ndarray:
    """The share of annotated starts whose highest call is at most 50 bp away."""
    return starts.nearer


def start_within_100(starts: Distances) -> np.ndarray:
    """The same of 100 bp."""
    return starts.near


def start_auprc(bins: Ranking) -> np.ndarray:
    """Mean over bins of starts of the precision at their score (the area under the curve without interpolation)."""
    return bins.average_precision


def of_distances(distances: np.ndarray, weights: np.ndarray) -> Distances:
    """The numbers (R,) of distances (G,) in bp, each counted as often as weights (R, G) say."""
    total = weights.sum(1)
    nearer, near = (ratio(weights @ (distances <= within), total) for within in (NEARER, NEAR))
    return Distances(weighted_median(distances, weights), nearer, near)


def score_distances(
    distances: np.ndarray, genes: list[str], windows: np.ndarray, spec: dict[str, Any], **row: str
) -> list[dict[str, Any]]:
    """Rows of Replicates of distances (G,) of the starts of genes in windows (G,), their names; spec: seed, ..."""
    _, window = np.unique(windows, return_inverse=True)
    total = Distances(*(part[0] for part in of_distances(distances, np.ones((1, len(distances))))))
    samples = pd.DataFrame({"group": windows, "label": ""}, index=pd.Index(genes))
    return score_resamples(
        START_GENES, total, lambda drawn: of_distances(distances, drawn[:, window]), samples, spec, **row
    )


def score_ranking(
    scores: np.ndarray, starts: np.ndarray, windows: np.ndarray, spec: dict[str, Any], **row: str
) -> list[dict[str, Any]]:
    """Rows of Replicates of the scores (B,) of bins, of which `starts` (B,) bool are; windows (B,): their names."""
    names, window = np.unique(windows, return_inverse=True)
    hits, counted = tally(scores, starts, window, len(names))
    total = Ranking(average_precision(hits, counted, np.ones(len(names))))
    samples = pd.DataFrame({"group": names, "label": ""}, index=pd.Index(names))
    return score_resamples(
        START_BINS, total, lambda drawn: Ranking(average_precision(hits, counted, drawn)), samples, spec, **row
    )


def tally(scores: np.ndarray, starts: np.ndarray, window: np.ndarray, windows: int) -> tuple[np.ndarray, np.ndarray]:
    """How many bins that are starts, and how many of all, each window has at each height (W, H) float64.

    Heights are the distinct scores of starts, the highest first; a bin stands at the first that its score reaches, and
    below all of them it tells nothing. scores, starts, window (B,): as in `score_ranking`, windows counted from 0.
    """
    heights = np.unique(scores[starts])[::-1]
    height = np.searchsorted(-heights, -scores)
    place = window * len(heights) + height
    kept = height < len(heights)
    size = windows * len(heights)
    hits, counted = (np.bincount(place[of], minlength=size).reshape(windows, -1) for of in (kept & starts, kept))
    return hits.astype(float), counted.astype(float)


def average_precision(hits: np.ndarray, counted: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean over starts of the precision at their score, of windows counted as often as weights (..., W) say.

    hits, counted: of `tally`; NaN where no start counts.
    """
    gained = weights @ hits
    found, above = np.cumsum(gained, axis=-1), np.cumsum(weights @ counted, axis=-1)
    precision = np.divide(found, above, out=np.zeros(found.shape), where=above > 0)
    return ratio((precision * gained).sum(-1), gained.sum(-1))
