"""What networks are told of a gene, and of its value.

Shapes: G genes of the gene table, D width, K factors, V numbers of a gene vector, R numbers that say a value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

if TYPE_CHECKING:  # what training alone needs
    import anndata

NOT_TRAINED = ("given", "shuffled", "random")  # gene vectors that are known before training
VECTORS = 6  # the first number of a seed: which of the independent streams it is
BINS, BINNED = 64, 14.0  # bins of equal width from 0 to this, ln(TPM+1)


@dataclass(frozen=True)
class TokenConfig:
    """The part of an architecture that tokens follow from."""

    genes: int
    gene_vector: int  # length of one gene's vector
    factors: int
    dim: int
    gene_vectors: str
    gene_loadings: bool
    values: str
    ree_base: float


def rotary_expression_embedding(values: Tensor, dim: int, base: float) -> Tensor:
    """Sinusoidal features of expression values: (...) ln(TPM+1) to (..., dim) float32, dim even.

    inv_freq_k = base^(-2k/dim) for k = 0 .. dim/2 - 1; the sines of value * inv_freq, then the cosines.
    This is the layout of BulkFormer's code (`utils/Rope.py`, base 100). Despite its name it is a
    feature that is added to a token, not a rotation of queries and keys.
    """
    k = torch.arange(dim // 2, device=values.device, dtype=torch.float32)
    angle = values.float().unsqueeze(-1) * base ** (-2 * k / dim)  # (..., dim/2)
    return torch.cat([angle.sin(), angle.cos()], dim=-1)


def interleaved_expression_embedding(values: Tensor, dim: int, base: float) -> Tensor:
    """The other form of these features that is in use: (...) ln(TPM+1) to (..., dim) float32, dim even.

    f_i = 10^(s i / dim) for i = 1 .. dim/2, where s = 2 log10(base), 4 for a base of 100; of each angle value / f_i the
    cosine, then the sine. But for the order of its numbers that is the embedding above with its index moved by one, or
    of values that are base^(2/dim) times smaller.
    """
    i = torch.arange(1, dim // 2 + 1, device=values.device, dtype=torch.float32)
    angle = values.float().unsqueeze(-1) * base ** (-2 * i / dim)  # (..., dim/2)
    return torch.stack([angle.cos(), angle.sin()], dim=-1).flatten(-2)


class ValueFeatures(nn.Module):
    """The numbers that say a value, in one of several forms:

    - `ree`, `ree_interleaved`: as of the functions above.
    - `binned`: one for each bin, of which that of the value alone is not zero, so that a linear map of them is a
      trained vector of each bin. Values beyond the bins are in the outermost. Its square is R / 2, as the sum of
      squares is in `ree`, so that training begins alike.
    - `scalar`: the value in standard deviations of its gene.
    """

    def __init__(self, form: str, dim: int, base: float) -> None:
        """dim: of an expression embedding, R; other forms have an R of their own, `number`."""
        super().__init__()
        self.form, self.base = form, base
        self.number = {"binned": BINS, "scalar": 1}.get(form, dim)

    def forward(self, values: Tensor, standardized: Tensor) -> Tensor:
        """(..., R) float32 of values (...) ln(TPM+1), finite, and the same in standard deviations of their gene."""
        if self.form == "ree":
            return rotary_expression_embedding(values, self.number, self.base)
        if self.form == "ree_interleaved":
            return interleaved_expression_embedding(values, self.number, self.base)
        if self.form == "binned":
            bins = (values.float() * (BINS / BINNED)).long().clamp(0, BINS - 1)
            return F.one_hot(bins, BINS).float() * (BINS / 2) ** 0.5
        return standardized.float().unsqueeze(-1)


class Identity(nn.Module):
    """What each gene is, whatever its value: a map of its vector, and one of its loadings on the factors.

    gene_vectors: `given`, those of a GeneEmbedding; `shuffled`, these, each at another gene that has one; `random`,
    standard normal numbers in their place; `learned`, a trained vector of each gene, and no given one; `none`, one
    trained vector for all genes, as otherwise for those without a vector. So with `none` the loadings alone tell genes
    apart, and without them (`gene_loadings`) nothing does.
    """

    def __init__(self, config: TokenConfig) -> None:
        super().__init__()
        self.kind = config.gene_vectors
        genes, dim = config.genes, config.dim
        if self.kind in NOT_TRAINED:
            # Known before training: never trained, saved with the weights.
            self.register_buffer("gene_vectors", torch.zeros(genes, config.gene_vector))
            self.register_buffer("has_vector", torch.zeros(genes, dtype=torch.bool))
            self.vector = nn.Linear(config.gene_vector, dim)
        if self.kind == "learned":
            self.vectors = nn.Parameter(torch.randn(genes, dim))
        else:
            self.no_vector = nn.Parameter(torch.randn(dim))
        self.from_loadings = nn.Linear(config.factors, dim, bias=False) if config.gene_loadings else None

    def learn(self, genes: anndata.AnnData, seed: int) -> None:
        """Take the vectors of a GeneEmbedding, standardized per dimension over the genes that have one.

        Language models have a few dimensions that are large in every protein. seed: of what is shuffled or random; of
        one seed all identities have the same vectors.
        """
        if self.kind not in NOT_TRAINED:
            return
        has_vector = ~genes.obs["missing"].to_numpy(bool)
        vectors = np.zeros(genes.shape)
        present = np.asarray(genes.X, np.float64)[has_vector]
        generator = np.random.default_rng([VECTORS, seed])
        if self.kind == "random":
            present = generator.standard_normal(present.shape)
        elif len(present):
            sd = present.std(axis=0)
            present = (present - present.mean(axis=0)) / np.where(sd > 0, sd, 1.0)
        if self.kind == "shuffled":
            order = generator.permutation(len(present))
            present[order] = present[np.roll(order, 1)]  # along one cycle of all, which leaves none in its place
        vectors[has_vector] = present
        self.gene_vectors.copy_(torch.from_numpy(vectors))
        self.has_vector.copy_(torch.from_numpy(has_vector))

    def forward(self, loadings: Tensor) -> Tensor:
        """(G, D) of loadings (G, K), ln(TPM+1)."""
        if self.kind in NOT_TRAINED:
            own = torch.where(self.has_vector.unsqueeze(1), self.vector(self.gene_vectors), self.no_vector)
        else:
            own = self.vectors if self.kind == "learned" else self.no_vector.expand(len(loadings), -1)
        return own if self.from_loadings is None else own + self.from_loadings(loadings)
