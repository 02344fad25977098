"""A transformer over sequence: a stem to bins, pooling to coarser positions that attend to one another, and back.

    bases --> [convolution, 15 bp] --> steps to bins --> steps to positions --> [attention, layer] x layers --+
                                          |                                                                   |
                                          +--> layer -----------------> sum with the position of each bin <---+
                                                                         |
                                                                         +--> [convolution, layer] --> tracks

After Enformer (Avsec et al. 2021, doi:10.1038/s41592-021-01252-x), whose bins are its positions; the way back to finer
bins is that of Borzoi (Linder et al. 2025, doi:10.1038/s41588-024-02053-6). Places are told by rotations of queries and
keys (Su et al. 2021, arXiv:2104.09864). P: positions, H: heads, E = dim / H.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from workflow_scripts.seq2track.models.layers import Dilated, Head, Shape, Stem, Step, factors

SETTINGS = {
    "description": "Attention over pooled positions, and back to bins.",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "dim": {
            "description": "Numbers of a position; an even multiple of the heads.",
            "type": "integer",
            "minimum": 8,
            "default": 128,
        },
        "layers": {
            "description": "Layers of attention.",
            "type": "integer",
            "minimum": 1,
            "default": 4,
        },
        "heads": {
            "description": "Attention heads.",
            "type": "integer",
            "minimum": 1,
            "default": 4,
        },
        "resolution": {
            "description": "Length of a position, a multiple of the bin; window and context are multiples of it (bp).",
            "type": "integer",
            "minimum": 1,
            "default": 128,
        },
        "dropout": {
            "description": "Share of activations dropped in training.",
            "type": "number",
            "minimum": 0,
            "exclusiveMaximum": 1,
            "default": 0.1,
        },
    },
}

MULTIPLES = {"dim": ["heads", 2]}
RESOLUTION = "resolution"
SLOWEST = 10_000.0  # positions in which the slowest rotation goes around, by 2 pi
WIDTH = 5  # bins that the last convolution reads


@dataclass(frozen=True)
class TransformerConfig(Shape):
    """The architecture, stored in the model's bundle: enough to build the network again."""

    dim: int
    layers: int
    heads: int
    resolution: int
    dropout: float


class Attention(nn.Module):
    """Pre-norm attention over all positions of a window, then a layer for each."""

    def __init__(self, dim: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(dim)
        self.read, self.merge = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.Sequential(
            nn.LayerNorm(dim), nn.Linear(dim, 4 * dim), nn.GELU(), nn.Dropout(dropout), nn.Linear(4 * dim, dim)
        )

    def forward(self, x: Tensor, turn: Tensor) -> Tensor:
        """x (B, P, dim); turn (P, E / 2): the angle of each rotation."""
        parts = self.read(self.norm(x)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)  # (3, B, H, P, E)
        query, key = (rotated(part, turn) for part in parts[:2])
        found = scaled_dot_product_attention(query, key, parts[2])
        x = x + self.dropout(self.merge(found.transpose(1, 2).flatten(2)))
        return x + self.dropout(self.layers(x))


def rotated(x: Tensor, turn: Tensor) -> Tensor:
    """Pairs of numbers (..., P, E), halves of E side by side, each turned by its angle (P, E / 2)."""
    one, other = x.chunk(2, -1)
    cos, sin = turn.cos().to(x.dtype), turn.sin().to(x.dtype)
    return torch.cat([one * cos - other * sin, one * sin + other * cos], -1)


class TransformerNetwork(nn.Module):
    """Says tracks from all bases of the window and its context."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        self.stem = Stem(config.inputs, config.dim, factors(config.bin))
        self.tower = nn.Sequential(
            *(Step(config.dim, config.dim, step) for step in factors(config.resolution // config.bin))
        )
        self.attention = nn.ModuleList(
            Attention(config.dim, config.heads, config.dropout) for _ in range(config.layers)
        )
        self.beside = nn.Linear(config.dim, config.dim)
        self.near = Dilated(config.dim, WIDTH, 1, config.dropout)
        self.head = Head(config.dim, config)
        rotations = config.dim // config.heads // 2
        self.register_buffer("speed", SLOWEST ** -(torch.arange(rotations) / rotations), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, L, C) to (B, T, N)."""
        fine = self.stem(x)
        coarse = self.tower(fine)
        turn = torch.arange(coarse.shape[1], device=x.device)[:, None] * self.speed
        for attend in self.attention:
            coarse = attend(coarse, turn)
        coarse = coarse.repeat_interleave(fine.shape[1] // coarse.shape[1], 1)
        return self.head(self.near(coarse + self.beside(fine)))


def create(settings: dict, shape: Shape, seed: int) -> TransformerNetwork:
    """A new network, see `registry`."""
    torch.manual_seed(seed)
    return TransformerNetwork(TransformerConfig(**vars(shape), **settings))


def restore(architecture: dict) -> TransformerNetwork:
    """An untrained network of the given TransformerConfig, as a dictionary."""
    return TransformerNetwork(TransformerConfig(**architecture))
