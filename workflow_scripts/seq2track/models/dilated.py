"""Dilated convolutions over bins: each position sees some kilobases around it, at the cost of a few layers.

    bases --> [convolution, 15 bp] --> steps to bins --> [depthwise dilated convolution, layer] x blocks --> tracks

The dilation doubles from block to block up to its limit (Kelley et al. 2018, doi:10.1101/gr.227819.117); a block is
that of ConvNeXt (Liu et al. 2022, arXiv:2201.03545).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from workflow_scripts.seq2track.models.layers import Dilated, Head, Shape, Stem, factors

SETTINGS = {
    "description": "Dilated convolutions over bins.",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "dim": {
            "description": "Numbers of a position.",
            "type": "integer",
            "minimum": 8,
            "default": 128,
        },
        "blocks": {
            "description": "Blocks of a dilated convolution and a layer.",
            "type": "integer",
            "minimum": 1,
            "default": 8,
        },
        "width": {
            "description": "Positions that a convolution reads, an odd number.",
            "type": "integer",
            "minimum": 1,
            "not": {"multipleOf": 2},
            "default": 5,
            "examples": [7],
        },
        "max_dilation": {
            "description": "Greatest distance of these positions; it doubles from block to block, from 1 on (bins).",
            "type": "integer",
            "minimum": 1,
            "default": 64,
        },
        "dropout": {
            "description": "Share of activations dropped in training.",
            "type": "number",
            "minimum": 0,
            "exclusiveMaximum": 1,
            "default": 0,
        },
    },
}

MULTIPLES: dict[str, list] = {}
RESOLUTION = ""


@dataclass(frozen=True)
class DilatedConfig(Shape):
    """The architecture, stored in the model's bundle: enough to build the network again."""

    dim: int
    blocks: int
    width: int
    max_dilation: int
    dropout: float


class DilatedNetwork(nn.Module):
    """Says tracks from the bases around each bin."""

    def __init__(self, config: DilatedConfig) -> None:
        super().__init__()
        self.config = config
        self.stem = Stem(config.inputs, config.dim, factors(config.bin))
        self.blocks = nn.Sequential(
            *(
                Dilated(config.dim, config.width, min(2**block, config.max_dilation), config.dropout)
                for block in range(config.blocks)
            )
        )
        self.head = Head(config.dim, config)

    def forward(self, x: Tensor) -> Tensor:
        """(B, L, C) to (B, T, N)."""
        return self.head(self.blocks(self.stem(x)))


def create(settings: dict, shape: Shape, seed: int) -> DilatedNetwork:
    """A new network, see `registry`."""
    torch.manual_seed(seed)
    return DilatedNetwork(DilatedConfig(**vars(shape), **settings))


def restore(architecture: dict) -> DilatedNetwork:
    """An untrained network of the given DilatedConfig, as a dictionary."""
    return DilatedNetwork(DilatedConfig(**architecture))
