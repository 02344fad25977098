"""How well signal along the genome is predicted, each number with the axis that it is taken over.

Of one track, its two strands together: over all bins that count (signal as it is, and ln(1 + signal)), in resamples of
whole windows; and of genes, in resamples of whole genes: their totals, the profile within each, their pausing.
Shapes: W windows, G genes, R resamples.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from workflow_scripts.evaluation.metrics import TRACK_BINS, TRACK_GENES
from workflow_scripts.evaluation.resampling import score_resamples, score_sums
from workflow_scripts.evaluation.sums import pearson

AT_ONCE = 100  # resamples, which bounds memory
LEAST_GENES = 10  # of which correlations over genes are told; of fewer they are NaN


class Bins(NamedTuple):
    """Sums (..., 6) over bins that count, see `sums`: of signal, and of ln(1 + signal)."""

    signal: np.ndarray
    log: np.ndarray


class GeneValues(NamedTuple):
    """What is known of each gene, (G,) float64; NaN where it is not defined, by the measured signal alone."""

    level: np.ndarray  # ln of the measured signal a bp, one unit added to that of the gene
    predicted_level: np.ndarray
    within: np.ndarray  # Pearson's r over the bins of the gene
    within_coarse: np.ndarray  # the same over coarser bins
    pausing: np.ndarray  # log2 of the density in the pause window over that in the body
    predicted_pausing: np.ndarray
    body: np.ndarray  # ln of the measured signal a bp of the body
    predicted_body: np.ndarray
    readthrough: np.ndarray  # log2 of the density after the end of the gene over that in the body
    predicted_readthrough: np.ndarray


class OnGenes(NamedTuple):
    """The numbers of genes; the leading axes are of resamples, or there is none."""

    gene_pearson: np.ndarray
    gene_spearman: np.ndarray
    within: np.ndarray
    within_coarse: np.ndarray
    pausing: np.ndarray
    body: np.ndarray
    readthrough: np.ndarray


def bin_pearson(bins: Bins) -> np.ndarray:
    """Pearson's r over all bins that count, of both strands."""
    return pearson(bins.signal)


def bin_log_pearson(bins: Bins) -> np.ndarray:
    """The same of ln(1 + signal)."""
    return pearson(bins.log)


def gene_log_pearson(genes: OnGenes) -> np.ndarray:
    """Pearson's r over genes of the logarithm of their signal a bp."""
    return genes.gene_pearson


def gene_spearman(genes: OnGenes) -> np.ndarray:
    """Spearman's correlation over genes of their signal a bp."""
    return genes.gene_spearman


def within_pearson(genes: OnGenes) -> np.ndarray:
    """The median over genes of Pearson's r over the bins of a gene."""
    return genes.within


def within_coarse_pearson(genes: OnGenes) -> np.ndarray:
    """The same over coarser bins."""
    return genes.within_coarse


def pausing_spearman(genes: OnGenes) -> np.ndarray:
    """Spearman's correlation over genes of pausing indices."""
    return genes.pausing


def body_spearman(genes: OnGenes) -> np.ndarray:
    """Spearman's correlation over genes of the signal a bp of their bodies."""
    return genes.body


def readthrough_spearman(genes: OnGenes) -> np.ndarray:
    """The same of readthrough indices, after Nojima et al. (2015, PMC4410947)."""
    return genes.readthrough


def bin_terms(predicted: np.ndarray, signal: np.ndarray, mask: np.ndarray) -> Bins:
    """The sums (W, 6) of each window; arrays (W, ..., bins)."""

    def sums(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        x, y = (np.where(mask, of, 0.0).astype(np.float64).reshape(len(mask), -1) for of in (x, y))
        parts = [mask.reshape(len(mask), -1), x, y, x * x, y * y, x * y]
        return np.stack([part.sum(1) for part in parts], axis=1)

    return Bins(sums(predicted, signal), sums(np.log1p(predicted), np.log1p(signal)))


def score_bins(terms: Bins, names: list[str], spec: dict[str, Any], **row: str) -> list[dict[str, Any]]:
    """Rows of Replicates of the sums of windows (`names`); spec: seed, bootstrap_samples."""
    order = np.argsort(names)
    return score_sums(TRACK_BINS, Bins(*(part[order] for part in terms)), _alone(names), spec, **row)


def score_genes(values: GeneValues, names: list[str], spec: dict[str, Any], **row: str) -> list[dict[str, Any]]:
    """Rows of Replicates of what is known of genes (`names`)."""
    values = GeneValues(*(part[np.argsort(names)] for part in values))

    def resampled(drawn: np.ndarray) -> OnGenes:
        blocks = [on_genes(values, drawn[at : at + AT_ONCE]) for at in range(0, len(drawn), AT_ONCE)]
        blocks = blocks or [on_genes(values, np.zeros((0, len(names))))]
        return OnGenes(*(np.concatenate(parts) for parts in zip(*blocks, strict=True)))

    whole = on_genes(values, np.ones((1, len(names))))
    total = OnGenes(*(part[0] for part in whole))
    return score_resamples(TRACK_GENES, total, resampled, _alone(names), spec, **row)


def _alone(names: list[str]) -> pd.DataFrame:
    """Samples each of which is drawn alone."""
    return pd.DataFrame({"group": names, "label": ""}, index=pd.Index(names))


def on_genes(values: GeneValues, weights: np.ndarray) -> OnGenes:
    """The numbers (R,) of genes, each counted as often as weights (R, G) say."""
    pausing = values.pausing, values.predicted_pausing
    level = values.level, values.predicted_level
    return OnGenes(
        correlation(*level, weights),
        rank_correlation(*level, weights),
        weighted_median(values.within, weights),
        weighted_median(values.within_coarse, weights),
        rank_correlation(*pausing, weights),
        rank_correlation(values.body, values.predicted_body, weights),
        rank_correlation(values.readthrough, values.predicted_readthrough, weights),
    )


def correlation(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Pearson's r (R,) of what is known of both, x and y (G,) or (R, G); NaN of too few."""
    known = np.isfinite(x) & np.isfinite(y)
    if known.sum(-1).min() < LEAST_GENES:
        return np.full(len(weights), np.nan)
    weights = weights * known
    x, y = (np.where(known, of, 0.0) for of in (x, y))
    parts = [np.ones_like(x), x, y, x * x, y * y, x * y]
    return pearson(np.stack([(weights * part).sum(-1) for part in parts], axis=-1))


def rank_correlation(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Spearman's correlation (R,) of what is known of both, (G,): ranks within each resample, ties at their mean."""
    known = np.isfinite(x) & np.isfinite(y)
    if known.sum() < LEAST_GENES:
        return np.full(len(weights), np.nan)
    x, y, weights = x[known], y[known], weights[:, known]
    return correlation(ranks(x, weights), ranks(y, weights), weights)


def ranks(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The mean rank (R, G) of each value among all, each counted as often as weights (R, G) say."""
    _, value = np.unique(x, return_inverse=True)
    order = np.argsort(value, kind="stable")
    first = np.searchsorted(value[order], np.arange(value.max() + 1))
    held = np.add.reduceat(weights[:, order], first, axis=1)
    return (np.cumsum(held, axis=1) - held / 2)[:, value]


def weighted_median(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The median (R,) of what is known of x (G,), each counted as often as weights (R, G) say; NaN of nothing."""
    known = np.isfinite(x)
    if not known.any():
        return np.full(len(weights), np.nan)
    order = np.argsort(x[known])
    ordered, below = x[known][order], np.cumsum(weights[:, known][:, order], axis=1)
    half = below[:, -1:] / 2
    low, high = (below >= half).argmax(1), (below > half).argmax(1)
    return np.where(half[:, 0] > 0, (ordered[low] + ordered[high]) / 2, np.nan)
