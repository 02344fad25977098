"""Vectors of perturbed genes, of any GeneEmbedding, on one scale."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from workflow_scripts.contracts import gene_embedding

MOST = 16  # numbers a gene: principal components of longer vectors


class Vectors(NamedTuple):
    """Vectors of those perturbed genes that have one; the others have the mean of these, which is 0."""

    of: dict[str, np.ndarray]  # (D,) float64
    size: int  # D; 0 of no embedding

    def rows(self, targets: Iterable[tuple[str, ...]]) -> list[np.ndarray]:
        """Of each perturbation the vectors (K, D) of its K genes."""
        none = np.zeros(self.size)
        return [
            np.array([self.of.get(gene, none) for gene in genes]).reshape(len(genes), self.size) for genes in targets
        ]

    def unknown(self, targets: Iterable[tuple[str, ...]]) -> np.ndarray:
        """How many genes of each perturbation have no vector, int64."""
        return np.array([sum(gene not in self.of for gene in genes) for genes in targets], int)


NOTHING = Vectors({}, 0)


def read_vectors(path: Path, genes: Iterable[str]) -> Vectors:
    """Of a GeneEmbedding those of `genes`, found by symbol or else by gene_id: principal components over these genes.

    Centred, and scaled to a mean square of 1. No outcome is looked at.
    """
    data = gene_embedding.read(path)
    there = ~data.obs["missing"].to_numpy(bool)
    place = {str(name): row for row, name in enumerate(data.obs_names) if there[row]}
    place |= {str(name): row for row, name in enumerate(data.obs["symbol"]) if there[row]}
    found = [gene for gene in sorted(set(genes)) if gene in place]
    if not found:
        return Vectors({}, MOST)
    x = np.asarray(data.X, float)[[place[gene] for gene in found]]
    left, sizes, _ = np.linalg.svd(x - x.mean(0), full_matrices=False)
    scores = np.zeros((len(found), MOST))
    scores[:, : len(sizes)] = (left * sizes)[:, :MOST]
    size = np.sqrt((scores**2).mean())
    return Vectors(dict(zip(found, scores / size if size > 0 else scores, strict=True)), MOST)


def permuted(vectors: Vectors, seed: int) -> Vectors:
    """The same vectors, each of another gene at random, none its own."""
    names = np.random.default_rng(seed).permutation(list(vectors.of)).tolist()
    return vectors._replace(of={name: vectors.of[other] for name, other in zip(names, np.roll(names, 1), strict=True)})
