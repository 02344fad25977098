"""Windows over proteins longer than the model's context, and batches of windows of one length."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

import numpy as np

FLANKS = 2  # tokens besides the residues: <cls> before and <eos> after


class Window(NamedTuple):
    """Residues `start` to `end` (0-based, half-open) of the protein of one gene."""

    gene: int  # row of the gene table
    start: int
    end: int
    share: np.ndarray  # float32, one per residue: what it counts in the sum over the protein


def cut(gene: int, length: int, window: int, stride: int) -> list[Window]:
    """Return the windows that cover the protein of `gene`, of `length` residues.

    Up to `window` residues: one window, the whole protein. Longer: windows of `window` residues every
    `stride` residues, the last one flush with the end, so that each has as much context as the model takes.

    A residue that stands in n windows has the share 1/n in each. So the sum over windows of
    share x vector, divided by `length`, is the mean over residues of the mean over a residue's windows:
    every residue counts once.
    """
    starts = [*range(0, length - window, stride), max(0, length - window)]
    cover = np.zeros(length, np.float32)
    for start in starts:
        cover[start : start + window] += 1
    return [Window(gene, start, min(start + window, length), 1 / cover[start : start + window]) for start in starts]


def in_batches(windows: list[Window], tokens: int) -> Iterator[list[Window]]:
    """Yield `windows` in batches of one length each, which need no padding, of at most `tokens` tokens.

    Longest first, so that a batch too large for the memory fails at the start. A window above the budget is
    a batch of its own.
    """
    longest_first = sorted(windows, key=length, reverse=True)
    for residues, alike in groupby(longest_first, key=length):
        waiting = list(alike)
        rows = max(1, tokens // (residues + FLANKS))
        for first in range(0, len(waiting), rows):
            yield waiting[first : first + rows]


def length(window: Window) -> int:
    return window.end - window.start
