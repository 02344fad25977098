"""What visible genes tell of the latent factors of a sample.

Shapes: B samples, G genes, K factors.
"""

from __future__ import annotations

import torch
from torch import Tensor

PRODUCTS_AT_ONCE = 1 << 27  # of genes and factors, over samples: how many to ask at once in bounded memory (float32)


def scores(x: Tensor, visible: Tensor, loadings: Tensor, noise: Tensor) -> Tensor:
    """Posterior means (B, K) float32 of factors of mean 0 and variance 1, given the visible genes of each sample.

    x (B, G) float32: values less the mean of their gene, of which only the `visible` (B, G) bool are looked at;
    loadings (G, K), noise (G,): as of `factors.Factors`. With N = diag(noise), (I + L^T N^-1 L)^-1 L^T N^-1 x, the
    posterior of a linear Gaussian model (Bishop 2006, section 12.2.2).
    """
    size = noise.rsqrt()
    scaled = loadings * size.unsqueeze(1)
    towards = (x * size).masked_fill(~visible, 0.0) @ scaled  # (B, K)
    seen = visible.unsqueeze(1) * scaled.T  # (B, K, G)
    precision = seen @ scaled
    precision.diagonal(dim1=-2, dim2=-1).add_(1.0)
    return torch.cholesky_solve(towards.unsqueeze(-1), torch.linalg.cholesky(precision)).squeeze(-1)
