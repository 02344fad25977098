"""Which genes go together in what factors leave of train samples, and in which contexts.

Shapes: M train samples, G genes, K factors, A axes, C contexts, N neighbours.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from sklearn.cluster import KMeans

from workflow_scripts.bulk.base import Base, said_by_fold

RESTARTS = 4  # of the clustering
LEAST_SPREAD = 0.02  # ln(TPM+1); a residual that hardly varies goes with no other
PERMUTED = 256  # genes at most, which tell what chance brings
FALSE = 0.05  # share of the genes that chance may give a neighbour
AT_ONCE = 1 << 26  # pairs of genes, which bounds the memory


class Contexts(NamedTuple):
    """Clusters of samples."""

    labels: np.ndarray  # (M,) int
    centres: np.ndarray  # (C, A) float32
    variance: float  # about the centres, of one axis; above 0


@torch.inference_mode()
def left(base: Base, train: np.ndarray, folds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the factors leave of train samples that they have not seen, and the coordinates that they give these.

    train (M, G) ln(TPM+1), NaN where unmeasured; folds (M,) int64, that are held out. Returns residuals (M, G) float32
    ln(TPM+1), 0 where unmeasured, and coordinates (M, K) float32 in sizes of the axes.
    """
    residuals = np.empty(train.shape, np.float32)
    coordinates = np.empty((len(train), base.shape["factors"]), np.float32)
    for rows, block, said in said_by_fold(base, train, folds):
        residuals[rows] = base.left(said, block.values, block.visible)[: block.number].cpu().numpy()
        coordinates[rows] = (said.coordinates / base.sizes)[: block.number].cpu().numpy()
    return residuals, coordinates


def contexts(coordinates: np.ndarray, number: int, seed: int) -> Contexts:
    """`number` clusters (k-means) of samples with coordinates (M, A)."""
    found = KMeans(number, n_init=RESTARTS, random_state=seed).fit(coordinates)
    variance = found.inertia_ / coordinates.size
    return Contexts(found.labels_, found.cluster_centers_, max(variance, float(np.finfo(np.float32).eps)))


def neighbours(residuals: np.ndarray, labels: np.ndarray, number: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """For each gene the `number` others whose residuals go with its own within contexts, best first.

    residuals (M, G) float32; labels (M,): the context of each sample. By the mean over samples of the squared
    correlation in their context, less what chance brings: an edge counts whatever its sign, and also where it acts in
    one context alone. Returns the others (G, N) int64, and (G, N) bool which of them chance does not explain: of genes
    whose samples are permuted within their contexts, one in twenty has another that is so much alike. It costs samples
    times genes squared, in bounded memory.
    """
    generator = np.random.default_rng(seed)
    genes = residuals.shape[1]
    drawn = generator.permutation(genes)[:PERMUTED]
    parts, permuted = [], []
    for label in np.unique(labels):
        of = residuals[labels == label]
        of = of - of.mean(axis=0)
        parts.append(of / (np.sqrt(np.square(of).sum(axis=0)) + LEAST_SPREAD * np.sqrt(len(of))))
        permuted.append(generator.permuted(parts[-1][:, drawn], axis=0))
    chance = np.quantile(_alike(permuted, parts).max(axis=1), 1 - FALSE)
    found, beyond = [], []
    for rows in np.array_split(np.arange(genes), -(-genes * genes // AT_ONCE)):
        scores = _alike([part[:, rows] for part in parts], parts)
        scores[np.arange(len(rows)), rows] = -1  # no gene is its own neighbour
        best = np.argpartition(-scores, number - 1, axis=1)[:, :number]
        order = np.argsort(-np.take_along_axis(scores, best, 1), axis=1, kind="stable")
        found.append(np.take_along_axis(best, order, 1))
        beyond.append(np.take_along_axis(scores, found[-1], 1) > chance)
    return np.concatenate(found), np.concatenate(beyond)


def _alike(some: list[np.ndarray], all_of: list[np.ndarray]) -> np.ndarray:
    """Scores (S, G) of some genes with all, of one array (samples of a context, genes) for each context."""
    of_contexts = zip(some, all_of, strict=True)
    return sum(len(whole) * np.maximum(np.square(part.T @ whole) - 1 / len(whole), 0) for part, whole in of_contexts)
