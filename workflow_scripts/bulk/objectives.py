"""What a training minimises, of what a network says of a batch. One module for all families.

Whatever is minimised, the loss that is reported is the mean squared error of masked ln(TPM+1), so that trainings can be
compared. Shapes: B samples, T genes that a network predicts of each, D numbers of its states.
"""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from workflow_scripts.bulk.base import MIN_SD, Base
from workflow_scripts.training.gather import all_rows
from workflow_scripts.training.objective import Loss, Term

if TYPE_CHECKING:  # a trained model is used without what reads the data
    from workflow_scripts.bulk.data import Batch


class Prediction(NamedTuple):
    """What a network says of a batch in training; differentiable."""

    values: Tensor  # (B, T) float32, ln(TPM+1)
    genes: Tensor | None = None  # (B, T) int64, which they are; None for all in their order
    states: Tensor | None = None  # (B, D) float32, what it makes of the visible genes; of families with `STATES`
    visible_weight: float = 0.0  # of the mean error of visible genes, beside 1 of that of masked ones


def loss(family: ModuleType, network: nn.Module, base: Base, batch: Batch, settings: dict[str, Any]) -> Loss:
    """The loss of a batch; settings: `bulk/runs/{run}/training/objectives`.

    Reported is the squared error over the masked genes that are predicted. In training a step minimises the mean of
    `errors` over them, that over visible ones at the weight of the family, and the contrast of both views of `batch` at
    its own weight.
    """
    said = family.forward(network, base, batch)
    targets, masked, visible = (_of(part, said.genes) for part in (batch.targets, batch.masked, batch.visible))
    squared = (said.values - targets)[masked].square()
    if not network.training:
        return Loss(squared.sum(), squared.numel())

    sd = _of(base.sd.clamp(min=MIN_SD).expand_as(batch.targets), said.genes)
    terms = [_mean(said.values, targets, sd, masked, settings)]
    if said.visible_weight:
        terms.append(_mean(said.values, targets, sd, visible, settings, said.visible_weight))
    if settings["contrastive"]:
        other = family.forward(network, base, batch.other)
        # A rank that has no row of its own looks at one, of which nothing is masked.
        own = torch.stack([said.states, other.states], dim=1)[batch.masked.any(1)]
        total = contrast(all_rows(own), settings["temperature"])
        terms.append(Term(settings["contrastive"] * total, 2 * len(own)))
    return Loss(squared.sum(), squared.numel(), tuple(terms))


def errors(predicted: Tensor, targets: Tensor, sd: Tensor, settings: dict[str, Any]) -> Tensor:
    """What is wrong with predictions (n,) of `targets` (n,), both ln(TPM+1); sd (n,): of their genes.

    The squared error, in units of `sd` squared where `weighting` says so, plus the Poisson deviance, at their weights.
    """
    off = predicted - targets
    if settings["weighting"] == "sd":
        off = off / sd
    found = settings["squared_error"] * off.square()
    return found + settings["poisson"] * poisson(predicted, targets) if settings["poisson"] else found


def poisson(predicted: Tensor, targets: Tensor) -> Tensor:
    """Poisson negative log-likelihood of expected reads, less its least value, elementwise; both ln(TPM+1).

    A sample of a million fragments is expected to have k = TPM + 1 reads of a gene, one of them background, and a
    prediction says rate = exp(predicted) of them. Then -ln P(k | rate) + ln P(k | k) = rate - k - k ln(rate / k), with
    the gradient of the likelihood itself (the half deviance of McCullagh & Nelder 1989, section 2.3). At another depth
    reads, and this, are as many times more: another weight. Genes count as if of one length.
    """
    return predicted.exp() - targets.exp() * (1 + predicted - targets)


def contrast(views: Tensor, temperature: float) -> Tensor:
    """Contrast of N samples in two views (N, 2, D), () summed over the 2 N views: NT-Xent.

    Each view has to tell its other one among the 2 N - 1 views that are not itself, by the softmax of cosine similarity
    over `temperature` (Chen et al. 2020, equation 1; InfoNCE of van den Oord et al. 2018, equation 4).
    """
    number = len(views)
    if not number:
        return views.sum()
    with torch.autocast(views.device.type, enabled=False):  # similarities over a temperature need float32
        directions = F.normalize(views.float(), dim=-1).transpose(0, 1).flatten(0, 1)  # (2 N, D)
        similarity = directions @ directions.T / temperature
        itself = torch.eye(2 * number, dtype=torch.bool, device=views.device)
        other = torch.arange(2 * number, device=views.device).roll(number)
        return F.cross_entropy(similarity.masked_fill(itself, -torch.inf), other, reduction="sum")


def _of(values: Tensor, genes: Tensor | None) -> Tensor:
    """values (B, G) of `genes` (B, T)."""
    return values if genes is None else values.gather(1, genes)


def _mean(
    predicted: Tensor, targets: Tensor, sd: Tensor, chosen: Tensor, settings: dict[str, Any], weight: float = 1.0
) -> Term:
    """The mean error of the `chosen` (B, T) bool, times `weight`."""
    found = errors(predicted[chosen], targets[chosen], sd[chosen], settings)
    return Term(weight * found.sum(), found.numel())
