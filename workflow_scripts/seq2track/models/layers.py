"""What networks from sequence to tracks share: a stem that reads bases, and the head that says tracks.

Shapes: B windows, L positions, C numbers of each; positions come before numbers, so that a layer is a matrix product.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

STEM_WIDTH = 15  # bp, about that of a motif


@dataclass(frozen=True)
class Shape:
    """What a network reads and says."""

    inputs: int  # numbers of a base
    tracks: int  # both strands of each
    bins: int  # of a window
    bin: int  # bp
    context: int  # bp at either side of a window

    @property
    def window(self) -> int:
        """bp of a window."""
        return self.bins * self.bin

    @property
    def span(self) -> int:
        """bp that are read: a window and its context."""
        return self.window + 2 * self.context


def factors(bin: int) -> list[int]:
    """Steps of at most 4, or of a prime, by which bases become bins; a product of 1 has none."""
    found = []
    for factor in (4, 2, 3):
        while bin % factor == 0:
            found.append(factor)
            bin //= factor
    return [*found, *([bin] if bin > 1 else [])]


class Stem(nn.Module):
    """A convolution over bases, then steps to positions of `steps` bases, narrow first: there positions are many."""

    def __init__(self, inputs: int, dim: int, steps: list[int]) -> None:
        super().__init__()
        widths = [max(8, dim // 2 ** min(2, left)) for left in range(len(steps), 0, -1)]
        widths = [*widths, dim]
        self.read = nn.Conv1d(inputs, widths[0], STEM_WIDTH, padding=STEM_WIDTH // 2)
        self.steps = nn.ModuleList(
            Step(narrow, wide, step) for narrow, wide, step in zip(widths[:-1], widths[1:], steps, strict=True)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, L, C) of bases to (B, L / product of the steps, dim)."""
        x = nn.functional.gelu(self.read(x.mT)).mT
        for step in self.steps:
            x = step(x)
        return x


class Step(nn.Module):
    """`step` positions become one: a linear map of all their numbers."""

    def __init__(self, narrow: int, wide: int, step: int) -> None:
        super().__init__()
        self.step = step
        self.norm = nn.LayerNorm(narrow)
        self.merge = nn.Linear(step * narrow, wide)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(x)
        return nn.functional.gelu(self.merge(x.unflatten(1, (-1, self.step)).flatten(2)))


class Dilated(nn.Module):
    """A depthwise convolution of positions `dilation` apart, then a layer for each position (Liu et al. 2022).

    Added to what it reads, at first with little weight.
    """

    def __init__(self, dim: int, width: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.dilation = dilation
        self.taps = nn.Parameter(torch.randn(width, dim) / width**0.5)
        self.norm = nn.LayerNorm(dim)
        self.layers = nn.Sequential(nn.Linear(dim, 2 * dim), nn.GELU(), nn.Dropout(dropout), nn.Linear(2 * dim, dim))
        self.weight = nn.Parameter(torch.full((dim,), 0.1))

    def forward(self, x: Tensor) -> Tensor:
        """(B, L, C) of the same shape; beyond the ends there are zeros."""
        reach = len(self.taps) // 2 * self.dilation
        wide = pad(x, (0, 0, reach, reach))
        near = [wide[:, place * self.dilation :][:, : x.shape[1]] * tap for place, tap in enumerate(self.taps)]
        return x + self.weight * self.layers(self.norm(sum(near[1:], near[0])))


class Head(nn.Module):
    """What positions of bins say of tracks, without the context."""

    def __init__(self, dim: int, shape: Shape) -> None:
        super().__init__()
        self.first, self.bins = shape.context // shape.bin, shape.bins
        self.norm = nn.LayerNorm(dim)
        self.say = nn.Linear(dim, shape.tracks)

    def forward(self, x: Tensor) -> Tensor:
        """(B, bins with the context, dim) to (B, T, N)."""
        return self.say(self.norm(x[:, self.first : self.first + self.bins])).mT
