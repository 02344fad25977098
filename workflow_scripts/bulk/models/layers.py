"""What networks of several families are made of."""

from __future__ import annotations

from torch import nn


def feed_forward(dim: int, dropout: float) -> nn.Sequential:
    """A pre-norm feed-forward layer of four times the width."""
    return nn.Sequential(
        nn.LayerNorm(dim), nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim), nn.Dropout(dropout)
    )
