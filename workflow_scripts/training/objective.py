"""What a loss function gives to the training loop."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class Term(NamedTuple):
    """A part of what a step minimises: its mean over all ranks."""

    total: Tensor  # () sum over what was predicted
    count: int  # how much that was


class Loss(NamedTuple):
    """The loss of one batch, as a part of the mean that is reported, and what a step minimises."""

    total: Tensor  # () sum over what was predicted
    count: int  # how much that was
    terms: tuple[Term, ...] = ()  # the sum of their means is minimised; without any, the mean that is reported

    @property
    def minimised(self) -> tuple[Term, ...]:
        return self.terms or (Term(self.total, self.count),)
