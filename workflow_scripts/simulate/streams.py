"""Streams of random numbers, one a part of what is simulated."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Streams = Callable[[str], np.random.Generator]


def streams(seed: int) -> Streams:
    """The generator of each part by its name: a change of one part leaves the draws of the others as they are."""
    return lambda part: np.random.default_rng([seed, *part.encode()])
