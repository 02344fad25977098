"""Vectors of genes by which control cells express them together: no perturbed cell is looked at.

C control cells, G genes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from workflow_scripts.circuit.cells import Cells, blocks

MOST = 2000  # control cells, drawn at random, which bounds memory
DIMENSIONS = 16


def coexpression(path: Path, layer: str, cells: Cells, seed: int) -> np.ndarray:
    """(G, D) float64: principal components of genes over control cells; rows of NaN of genes that do not vary.

    Expression is centred within each context and scaled to a standard deviation of 1, so that the dot product of two
    vectors approximates the correlation of their genes.
    """
    control = np.flatnonzero(cells.rows["perturbation"].eq("").to_numpy())
    places = np.flatnonzero(np.isin(cells.row, control))
    if len(places) > MOST:
        places = np.sort(np.random.default_rng(seed).permutation(places)[:MOST])
    values = np.concatenate([part.astype(np.float32) for _, part in blocks(path, layer, cells, places)])
    for one in control:
        of_context = cells.row[places] == one
        values[of_context] -= values[of_context].mean(0, dtype=float).astype(np.float32)
    sd = values.std(0)
    varies = sd > 1e-6
    return principal(values[:, varies] / sd[varies], varies)


def principal(scaled: np.ndarray, varies: np.ndarray) -> np.ndarray:
    """Loadings (G, D) of the columns `scaled` (C, those that vary), by the Gram matrix of cells."""
    sizes, axes = np.linalg.eigh((scaled @ scaled.T).astype(float))
    top = np.argsort(-sizes)[: min(DIMENSIONS, len(sizes), varies.sum())]
    found = np.full((len(varies), DIMENSIONS), np.nan)
    found[varies] = 0
    loadings = scaled.T @ axes[:, top] / np.sqrt(len(scaled))
    signs = np.sign(loadings[np.abs(loadings).argmax(0), np.arange(len(top))])  # so that equal data give equal vectors
    found[np.ix_(varies, np.arange(len(top)))] = loadings * signs
    return found
