"""Rows of all ranks, where a loss compares the samples of a batch with one another."""

from __future__ import annotations

import torch
import torch.distributed as ranks
from torch import Tensor


def all_rows(own: Tensor) -> Tensor:
    """The rows (n, ...) of every rank, of which only those of this one have a gradient.

    A sum over all rows that each rank makes of them so has, added up over ranks, the gradient that one rank alone
    would find. Ranks may have different numbers of rows, or none; each must call this.
    """
    if not (ranks.is_available() and ranks.is_initialized() and ranks.get_world_size() > 1):
        return own
    numbers = [torch.zeros(1, dtype=torch.int64, device=own.device) for _ in range(ranks.get_world_size())]
    ranks.all_gather(numbers, torch.full_like(numbers[0], len(own)))
    padded = own.new_zeros((max(1, *(int(number) for number in numbers)), *own.shape[1:]))
    padded[: len(own)] = own.detach()
    found = [torch.empty_like(padded) for _ in numbers]
    ranks.all_gather(found, padded)
    parts = [rows[: int(number)] for rows, number in zip(found, numbers, strict=True)]
    parts[ranks.get_rank()] = own
    return torch.cat(parts)
