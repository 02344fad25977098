"""A network that knows strands: what it says of a window on the other strand is the same, exchanged and reversed.

Shapes: B windows, L bp, T tracks (both strands of each), N bins.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from workflow_scripts.io.bases import UNKNOWN
from workflow_scripts.seq2track import channels

AVERAGES = ("always", "prediction", "never")


def strand_swap(tracks: list[dict[str, str]]) -> list[int]:
    """For each track the place of its other strand."""
    place = {(track["name"], track["strand"]): number for number, track in enumerate(tracks)}
    other = {"plus": "minus", "minus": "plus"}
    return [place[track["name"], other[track["strand"]]] for track in tracks]


class Stranded(nn.Module):
    """Expected signal of windows, from their bases.

    average: when the network also reads the other strand, and both readings are averaged: `always`, so that in training
    as well the result is equivariant exactly; in `prediction` alone; or `never`.
    """

    def __init__(self, network: nn.Module, swap: list[int], kinds: list[str], min_codons: int, average: str) -> None:
        """swap: the other strand of each track; kinds, min_codons: what is read beside bases, see `channels`."""
        super().__init__()
        self.network, self.average = network, average
        self.kinds, self.min_codons = kinds, min_codons
        self.register_buffer("swap", torch.tensor(swap))
        self.register_buffer("scale", torch.ones(len(swap)))  # mean signal of a bin, of both strands of a track
        self.register_buffer("levels", torch.zeros(channels.UNKNOWN_CODON + 1))  # of codons

    def forward(self, codes: Tensor) -> Tensor:
        """Expected signal (B, T, N) float32, as a multiple of the mean of its track; codes (B, L) uint8."""
        return self.read(*self.inputs(codes))

    def inputs(self, codes: Tensor) -> tuple[Tensor, list[Tensor]]:
        """What is read of codes (B, L) uint8: bases (B, L, 4) float32, an unknown one four zeros, and `channels`."""
        codes = codes.long()
        bases = (codes[..., None] == torch.arange(UNKNOWN, device=codes.device)).float()
        return bases, channels.make(codes, self.kinds, self.min_codons, self.levels)

    def read(self, bases: Tensor, beside: list[Tensor]) -> Tensor:
        """As `forward`, of `inputs`, or of bases that are between them."""
        found = self._say([bases, *beside])
        if self.average == "always" or self.average == "prediction" and not self.training:
            other = self._say([each.flip(1, 2) for each in (bases, *beside)])  # A becomes T, a channel's strands change
            found = (found + other[:, self.swap].flip(-1)) / 2
        return found

    def _say(self, inputs: list[Tensor]) -> Tensor:
        """What the network says of one strand as it is read."""
        said = self.network(torch.cat(inputs, -1) if len(inputs) > 1 else inputs[0])
        return nn.functional.softplus(said.float() + ONE)


ONE = 0.5413248546129181  # softplus of it is 1: what says nothing says the mean
