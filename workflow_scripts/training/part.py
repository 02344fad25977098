"""Which share of every batch one of several ranks takes."""

from __future__ import annotations

from typing import NamedTuple


class Part(NamedTuple):
    """The rows `rank::world` of every batch."""

    rank: int
    world: int


WHOLE = Part(0, 1)
