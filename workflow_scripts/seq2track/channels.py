"""What the sequence itself tells beside its bases: open reading frames of all six frames, on both strands.

Each kind gives two numbers of a base, of the strand as it is read and of the other one. They are functions of the bases
of the window alone, and the same of the reverse complement, exchanged and reversed. A frame that is open at the end of
the window may be one.

Shapes: B windows, L bp, K codons of a frame.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import pad

KINDS = ("orf", "start")
CODONS = 1000.0  # of the longest reading frames, by which lengths are scaled


def number(kinds: list[str]) -> int:
    """How many numbers of a base there are."""
    return 2 * len(kinds)


def make(codes: Tensor, kinds: list[str], min_codons: int) -> list[Tensor]:
    """(B, L, 2) float32 of each of `kinds`, of codes (B, L) int64.

    orf: logarithm of the length of the longest reading frame of `min_codons` or more, from its first ATG to its stop,
    that covers a base, 1 at 1000 codons; 0 where there is none. start: 1 at the three bases of these ATG.
    """
    if not kinds:
        return []
    complement = torch.where(codes < 4, 3 - codes, codes).flip(-1)
    here, there = (_frames(strand, min_codons) for strand in (codes, complement))
    return [torch.stack([here[kind], there[kind].flip(-1)], -1) for kind in kinds]


def _frames(codes: Tensor, min_codons: int) -> dict[str, Tensor]:
    """The kinds (B, L) float32, of the strand as it is read."""
    length = codes.shape[1]
    codes = pad(codes, (0, 2 + -length % 3), value=4)
    first, second, third = (codes[:, at : codes.shape[1] - 2 + at] for at in range(3))
    start = (first == 0) & (second == 3) & (third == 2)
    stop = (first == 3) & ((second == 0) & ((third == 0) | (third == 2)) | (second == 2) & (third == 0))
    start, stop = (of.unflatten(1, (-1, 3)) for of in (start, stop))  # (B, K, 3): codons of the three frames
    codons = start.shape[1]
    place = torch.arange(codons, device=codes.device)[None, :, None].expand_as(start)
    stopped = torch.where(stop, place, -1).cummax(1).values  # the last stop at or before a codon, -1 for none
    ends = torch.tensor([-(-(length - frame) // 3) for frame in range(3)], device=codes.device)  # codons of each frame
    next_stop = torch.where(stop, place, ends).flip(1).cummin(1).values.flip(1)
    next_start = torch.where(start, place, codons).flip(1).cummin(1).values.flip(1)
    next_start = torch.cat([next_start, torch.full_like(next_start[:, :1], codons)], 1)
    begins = next_start.gather(1, stopped + 1).masked_fill(stopped < 0, 0)  # open at the end of the window
    long = (place >= begins) & (place < next_stop) & (next_stop - begins >= min_codons)
    size = torch.where(long, (next_stop - begins).clamp(min=1).float().log() / math.log(CODONS), 0.0)
    found = {"orf": size, "start": (long & start & (place == begins)).float()}
    return {kind: _of_bases(values.flatten(1))[:, :length] for kind, values in found.items()}


def _of_bases(codon: Tensor) -> Tensor:
    """The greatest of the codons (B, L), each at its first base, that cover a base."""
    return torch.stack([pad(codon, (shift, 0))[:, : codon.shape[1]] for shift in range(3)]).amax(0)
