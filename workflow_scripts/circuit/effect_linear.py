"""Changes that are linear in vectors of the perturbed genes: Y = G W P^T + b (Ahlmann-Eltze et al. 2025).

Y: changes (G genes x R perturbations); G: the first principal components of what is known; P: vectors of perturbations,
the sum over their genes; b: the mean over known perturbations of the context; W: by ridge regression.
doi:10.1038/s41592-025-02772-6
"""

from __future__ import annotations

import numpy as np

from workflow_scripts.circuit.effect_rules import mean_of_context
from workflow_scripts.circuit.effect_tasks import Asked, Known, parted
from workflow_scripts.circuit.effect_vectors import Vectors

RANKS = (1, 2, 3, 5, 8, 13, 21)
PENALTIES = (0.1, 1.0, 10.0, 100.0, 1000.0)
FOLDS = 5  # of known perturbations, which rank and penalty are chosen by


def linear_low_rank(known: Known, asked: Asked, vectors: Vectors, seed: int) -> np.ndarray:
    """Changes (R, G) float64; rank and penalty are those with the least error on known perturbations left out."""
    fold = parted(known.targets, FOLDS, seed)
    ranks = [rank for rank in RANKS if rank < min(len(fold) - np.bincount(fold).max(), known.change.shape[1])]
    if not ranks or fold.max() == 0:
        return mean_of_context(known, asked)
    errors = np.zeros((len(ranks), len(PENALTIES)))
    for left in range(fold.max() + 1):
        some, others = known.take(fold == left), known.take(fold != left)
        found = _fitted(others, Asked(some.targets, some.context), vectors, ranks)
        errors += ((found - some.change) ** 2).sum((2, 3))
    rank, penalty = np.unravel_index(errors.argmin(), errors.shape)
    return _fitted(known, asked, vectors, [ranks[rank]])[0, penalty]


def _fitted(known: Known, asked: Asked, vectors: Vectors, ranks: list[int]) -> np.ndarray:
    """Changes (ranks, PENALTIES, R, G) of each rank and penalty."""
    offset = mean_of_context(known, asked)
    y = known.change - mean_of_context(known, Asked(known.targets, known.context))
    p, wanted = (np.array([of.sum(0) for of in vectors.rows(targets)]) for targets in (known.targets, asked.targets))
    axes = np.linalg.svd(y, full_matrices=False)[2]
    found = np.empty((len(ranks), len(PENALTIES), *offset.shape))
    for column, penalty in enumerate(PENALTIES):
        weights = np.linalg.solve(p.T @ p + penalty * np.eye(p.shape[1]), p.T @ y)
        for row, rank in enumerate(ranks):
            found[row, column] = offset + wanted @ weights @ axes[:rank].T @ axes[:rank]
    return found
