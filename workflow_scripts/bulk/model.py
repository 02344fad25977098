"""The bulk transformer: one token per gene, one context per sample, masked values predicted.

    value of a visible gene ---> REE ---> linear --+
    (a masked gene)        ---> mask vector -------+
                                                   +--> token --> blocks --> states --> residual
    gene vector (ESM2) ------> identity -----------+                                     |
                                 |                 |            mean and sd of the gene  v
    all visible values -----> context * gate ------+            over the train split --> ln(TPM+1)

Shapes: B samples, G genes of the gene table, T tokens (a part of the genes), D width, H heads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

MAX_DEVIATION = 10.0  # train sds; one outlier must not drown a sample's context


@dataclass(frozen=True)
class BulkConfig:
    """The architecture; stored in the model's bundle, enough to build the model again."""

    genes: int
    gene_vector: int  # length of one gene's vector
    tokens: int  # genes that attend to one another in one pass
    dim: int
    layers: int
    heads: int
    dropout: float
    ree_base: float


class Output(NamedTuple):
    prediction: Tensor  # (B, T) ln(TPM+1)
    states: Tensor  # (B, T, D)
    context: Tensor  # (B, D)


def rotary_expression_embedding(values: Tensor, dim: int, base: float = 100.0) -> Tensor:
    """The sinusoidal features of an expression value: (...) ln(TPM+1) to (..., dim), dim even.

    inv_freq_k = base^(-2k/dim) for k = 0 .. dim/2 - 1; all sines of value * inv_freq, then all cosines.
    This is the layout of BulkFormer's code (`utils/Rope.py`), not of its paper: a feature that is
    added, not a rotation of queries and keys. Only periods of 2 pi to 2 pi * base occur.
    """
    k = torch.arange(dim // 2, device=values.device, dtype=torch.float32)
    angle = values.float().unsqueeze(-1) * base ** (-2 * k / dim)  # (..., dim/2)
    return torch.cat([angle.sin(), angle.cos()], dim=-1)


class Block(nn.Module):
    """Pre-norm self-attention and feed-forward layer."""

    def __init__(self, dim: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.attention_norm = nn.LayerNorm(dim)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.merge = nn.Linear(dim, dim)
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(dim), nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim), nn.Dropout(dropout)
        )

    def forward(self, x: Tensor, attended: Tensor | None) -> Tensor:
        """x (B, T, D); attended (B, 1, 1, T) bool, the tokens that may be looked at, or None for all."""
        qkv = self.qkv(self.attention_norm(x))  # (B, T, 3D)
        q, k, v = qkv.unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)  # 3 x (B, H, T, D/H)
        mixed = F.scaled_dot_product_attention(q, k, v, attended, self.dropout if self.training else 0.0)
        x = x + F.dropout(self.merge(mixed.transpose(1, 2).flatten(2)), self.dropout, self.training)
        return x + self.feed_forward(x)


class BulkModel(nn.Module):
    """Predicts the masked genes of a sample from its visible ones."""

    def __init__(self, config: BulkConfig) -> None:
        super().__init__()
        self.config = config
        dim = config.dim
        # What is known before training, kept beside the weights: never trained, saved with them.
        self.register_buffer("gene_vectors", torch.zeros(config.genes, config.gene_vector))
        self.register_buffer("gene_vector_missing", torch.zeros(config.genes, dtype=torch.bool))
        self.register_buffer("mean", torch.zeros(config.genes))  # ln(TPM+1) over the train split
        self.register_buffer("sd", torch.ones(config.genes))

        self.project = nn.Linear(config.gene_vector, dim)
        self.fallback = nn.Parameter(torch.randn(dim))  # the identity of a gene without a vector
        self.offset = nn.Parameter(torch.zeros(config.genes, dim))  # what a gene's vector does not say

        self.value = nn.Linear(dim, dim)
        self.deviation = nn.Linear(1, dim, bias=False)
        self.mask = nn.Parameter(torch.zeros(dim))

        self.loading = nn.Linear(dim, dim, bias=False)
        self.context = nn.Sequential(nn.Linear(dim, dim), nn.GELU(), nn.Linear(dim, dim))
        self.gate = nn.Linear(dim, dim)

        self.blocks = nn.ModuleList(Block(dim, config.heads, config.dropout) for _ in range(config.layers))
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, 1)
        # A model that has learned nothing predicts the train mean of each gene.
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
