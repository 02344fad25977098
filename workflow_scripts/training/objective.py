"""What a loss function gives to the training loop."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class Loss(NamedTuple):
    """The loss of one batch, as a part of a mean; its own mean is what a step minimises."""

    total: Tensor  # () sum over what was predicted
    count: int  # how much that was
