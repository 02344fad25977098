"""What networks are told of a gene, and of its value.

Shapes: G genes of the gene table, D width, K factors, V numbers of a gene vector.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

if TYPE_CHECKING:  # what training alone needs
    import anndata


def rotary_expression_embedding(values: Tensor, dim: int, base: float) -> Tensor:
    """Sinusoidal features of expression values: (...) ln(TPM+1) to (..., dim) float32, dim even.

    inv_freq_k = base^(-2k/dim) for k = 0 .. dim/2 - 1; the sines of value * inv_freq, then the cosines.
    This is the layout of BulkFormer's code (`utils/Rope.py`, base 100). Despite its name it is a
    feature that is added to a token, not a rotation of queries and keys.
    """
    k = torch.arange(dim // 2, device=values.device, dtype=torch.float32)
    angle = values.float().unsqueeze(-1) * base ** (-2 * k / dim)  # (..., dim/2)
    return torch.cat([angle.sin(), angle.cos()], dim=-1)


class Identity(nn.Module):
    """What each gene is, whatever its value: a learned map of its vector and of its loadings on the factors."""

    def __init__(self, genes: int, gene_vector: int, factors: int, dim: int) -> None:
        super().__init__()
        # Known before training: never trained, saved with the weights.
        self.register_buffer("gene_vectors", torch.zeros(genes, gene_vector))
        self.register_buffer("has_vector", torch.zeros(genes, dtype=torch.bool))
        self.vector = nn.Linear(gene_vector, dim)
        self.no_vector = nn.Parameter(torch.randn(dim))
        self.from_loadings = nn.Linear(factors, dim, bias=False)

    def learn(self, genes: anndata.AnnData) -> None:
        """Take the vectors of a GeneEmbedding, standardized per dimension over the genes that have one.

        Language models have a few dimensions that are large in every protein.
        """
        has_vector = ~genes.obs["missing"].to_numpy(bool)
        vectors = np.asarray(genes.X, np.float64)
        present = vectors[has_vector]
        if len(present):
            sd = present.std(axis=0)
            vectors = (vectors - present.mean(axis=0)) / np.where(sd > 0, sd, 1.0)
        self.gene_vectors.copy_(torch.from_numpy(np.where(has_vector[:, None], vectors, 0.0)))
        self.has_vector.copy_(torch.from_numpy(has_vector))

    def forward(self, loadings: Tensor) -> Tensor:
        """(G, D) of loadings (G, K), ln(TPM+1)."""
        vectors = torch.where(self.has_vector.unsqueeze(1), self.vector(self.gene_vectors), self.no_vector)
        return vectors + self.from_loadings(loadings)
