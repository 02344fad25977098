"""What the sequence itself tells beside its bases: open reading frames of all six frames, on both strands.

Each kind gives two numbers of a base, of the strand as it is read and of the other one. They are functions of the bases
of the window alone, and the same of the reverse complement, exchanged and reversed. A frame that is open at the end of
the window may be one.

Shapes: B windows, L bp, K codons of a frame.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad

KINDS = ("orf", "start", "level")
CODONS = 1000.0  # of the longest reading frames, by which lengths are scaled
UNKNOWN_CODON = 64  # the others are numbers to the base 4


class Frames(NamedTuple):
    """The codons of the three frames of one strand, each (B, K, 3), and the reading frame that each is part of."""

    codon: Tensor  # int64, number of the codon
    begin: Tensor  # int64, the first codon of its reading frame
    end: Tensor  # int64, the stop after it, or the end of the window
    inside: Tensor  # bool, whether it lies in one that is long enough
    first: Tensor  # bool, whether it is the first of one, an ATG


def number(kinds: list[str]) -> int:
    """How many numbers of a base there are."""
    return 2 * len(kinds)


def make(codes: Tensor, kinds: list[str], min_codons: int, levels: Tensor) -> list[Tensor]:
    """(B, L, 2) float32 of each of `kinds`, of codes (B, L) int64.

    orf: logarithm of the length of the longest reading frame of `min_codons` or more, from its first ATG to its stop,
    that covers a base, 1 at 1000 codons; 0 where there is none. start: 1 at the three bases of these ATG. level: the
    mean of `levels` (65,), one for each codon, over the codons of that longest frame; 0 where there is none.
    """
    if not kinds:
        return []
    complement = torch.where(codes < 4, 3 - codes, codes).flip(-1)
    here, there = (_kinds(strand, min_codons, levels) for strand in (codes, complement))
    return [torch.stack([here[kind], there[kind].flip(-1)], -1) for kind in kinds]


def frames(codes: Tensor, min_codons: int) -> Frames:
    """The reading frames of the strand as it is read, of codes (B, L) int64."""
    length = codes.shape[1]
    codes = pad(codes, (0, 2 + -length % 3), value=4)
    first, second, third = (codes[:, at : codes.shape[1] - 2 + at] for at in range(3))
    unknown = (first > 3) | (second > 3) | (third > 3)
    codon = torch.where(unknown, UNKNOWN_CODON, 16 * first + 4 * second + third).unflatten(1, (-1, 3))
    start, stop = codon == _number("ATG"), sum(codon == _number(text) for text in ("TAA", "TAG", "TGA")) > 0
    codons = codon.shape[1]
    place = torch.arange(codons, device=codes.device)[None, :, None].expand_as(codon)
    stopped = torch.where(stop, place, -1).cummax(1).values  # the last stop at or before a codon, -1 for none
    ends = torch.tensor([-(-(length - frame) // 3) for frame in range(3)], device=codes.device)  # codons of each frame
    next_stop = torch.where(stop, place, ends).flip(1).cummin(1).values.flip(1)
    next_start = torch.where(start, place, codons).flip(1).cummin(1).values.flip(1)
    next_start = torch.cat([next_start, torch.full_like(next_start[:, :1], codons)], 1)
    begins = next_start.gather(1, stopped + 1).masked_fill(stopped < 0, 0)  # open at the end of the window
    inside = (place >= begins) & (place < next_stop) & (next_stop - begins >= min_codons)
    return Frames(codon, begins, next_stop, inside, inside & start & (place == begins))


def _number(codon: str) -> int:
    first, second, third = ("ACGT".index(base) for base in codon)
    return 16 * first + 4 * second + third


def _kinds(codes: Tensor, min_codons: int, levels: Tensor) -> dict[str, Tensor]:
    """The kinds (B, L) float32, of the strand as it is read."""
    codon, begin, end, inside, first = frames(codes, min_codons)
    size = torch.where(inside, (end - begin).clamp(min=1).float().log() / math.log(CODONS), 0.0)
    sums = pad(levels.double()[codon].cumsum(1), (0, 0, 1, 0))  # of the codons before each
    mean = (sums.gather(1, end) - sums.gather(1, begin)) / (end - begin).clamp(min=1)
    means = torch.where(inside, mean.float(), 0.0)
    longest = level = torch.zeros_like(size.flatten(1))
    for of_frame, told in zip(_shifted(size), _shifted(means), strict=True):  # of the three codons that cover a base
        level = torch.where(of_frame > longest, told, level)
        longest = torch.maximum(of_frame, longest)
    found = {"orf": longest, "start": _shifted(first.float()).amax(0), "level": level}
    return {kind: values[:, : codes.shape[1]] for kind, values in found.items()}


def _shifted(codon: Tensor) -> Tensor:
    """(3, B, 3K) of each base: what is known (B, K, 3) of the codons whose first, second and third base it is."""
    flat = codon.flatten(1)
    return torch.stack([pad(flat, (shift, 0))[:, : flat.shape[1]] for shift in range(3)])
