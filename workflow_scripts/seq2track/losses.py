"""What training minimises, by the name that a configuration gives it.

Signal and predictions (B, T, N) are multiples of the mean of their track, so that tracks of any depth count alike; only
bins of the mask count. What is reported and what the best epoch is chosen by is the Poisson loss of a bin, whatever is
minimised.
"""

from __future__ import annotations

import torch
from torch import Tensor

from workflow_scripts.training.objective import Loss, Term

LEAST = 1e-6  # of a prediction, so that its logarithm is finite


def poisson(predicted: Tensor, signal: Tensor, mask: Tensor) -> Tensor:
    """() sum over the mask of the negative logarithm of the Poisson likelihood, but for what no prediction changes."""
    each = predicted - signal * predicted.clamp(min=LEAST).log()
    return torch.where(mask, each, 0.0).sum()


def multinomial(predicted: Tensor, signal: Tensor, mask: Tensor) -> Tensor:
    """() that of the multinomial likelihood of each window's signal over its bins, its profile (Linder et al. 2025)."""
    kept = torch.where(mask, predicted, 0.0)
    share = kept / kept.sum(-1, keepdim=True).clamp(min=LEAST)
    return -torch.where(mask, signal * share.clamp(min=LEAST / signal.shape[-1]).log(), 0.0).sum()


def total(predicted: Tensor, signal: Tensor, mask: Tensor) -> Tensor:
    """() that of the Poisson likelihood of the total of each window."""
    mine, true = (torch.where(mask, of, 0.0).sum(-1) for of in (predicted, signal))
    return (mine - true * mine.clamp(min=LEAST).log())[mask.any(-1)].sum()


def loss(predicted: Tensor, signal: Tensor, mask: Tensor, settings: dict) -> Loss:
    """The loss of one batch; settings: `loss` and `total_weight` of `seq2track/runs/{run}/training`."""
    count = int(mask.sum())
    reported = poisson(predicted, signal, mask)
    if settings["loss"] == "poisson":
        return Loss(reported, count)
    terms = multinomial(predicted, signal, mask), settings["total_weight"] * total(predicted, signal, mask)
    return Loss(reported, count, tuple(Term(term, count) for term in terms))
