"""What a label of a sample adds to what its visible genes tell: another prior of its latent factors.

The factors t of a sample have the prior N(0, I). Of a sample with the label c it is N(m_c, W): the mean of the label's
train samples, and the covariance of train samples within a label (see `conditioning`). With loadings A, noise N,
deviations x of visible genes and R R^T = W, t is m_c + R y, where y has the prior N(0, I); so that

    E[t | x, c] = m_c + R (I + R^T A^T N^-1 A R)^-1 R^T A^T N^-1 (x - A m_c)

(Bishop 2006, section 12.2.2). What the label changes in the factors' prediction, A E[t | x, c] - A E[t | x], is added
to the prediction of the stack, whose kernel ridge and network keep their say. Without a label nothing is added.

Shapes: B or N samples, G genes, K factors.
"""

from __future__ import annotations

from types import ModuleType
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from workflow_scripts.bulk import stack
from workflow_scripts.bulk.base import Base, block_size, predict
from workflow_scripts.bulk.stack import Stack
from workflow_scripts.contracts.conditions import Conditions
from workflow_scripts.evaluation import posterior


class Prior(NamedTuple):
    """Of the factors along the axes of a base."""

    mean: Tensor  # (K,) float32
    root: Tensor  # (K, K) float32, lower Cholesky factor of their covariance


def prior(base: Base, conditions: Conditions, label: str | None) -> Prior:
    """That of samples with a label of `conditions`; of any sample, where it is None."""
    device, factors = base.mean.device, base.axes.shape[1]
    if label is None:
        return Prior(torch.zeros(factors, device=device), torch.eye(factors, device=device))
    place = conditions.labels.tolist().index(label)
    return Prior(*(torch.from_numpy(of).to(device) for of in (conditions.means[place], conditions.root)))


def loadings(base: Base) -> Tensor:
    """(G, K) float32 ln(TPM+1) per sd of a factor along the axes."""
    return base.axes * base.sizes


def deviations(base: Base, of: Prior, values: Tensor, visible: Tensor) -> Tensor:
    """Posterior means (B, G), less the train mean; values (B, G) ln(TPM+1), of which the `visible` (B, G) are read."""
    axes = loadings(base)
    within, expected = axes @ of.root, axes @ of.mean
    x = (base.deviations(values, visible) - expected).masked_fill(~visible, 0.0)
    return expected + posterior.scores(x, visible, within, base.noise) @ within.T


def variances(base: Base, of: Prior, visible: Tensor) -> Tensor:
    """Predictive variances (B, G), ln(TPM+1)^2: of the factors given the `visible` (B, G) genes, and the noise."""
    within = loadings(base) @ of.root
    scaled = within * base.noise.rsqrt().unsqueeze(1)
    rows = []
    for seen in visible:
        part = scaled[seen]
        precision = part.T @ part
        precision.diagonal().add_(1.0)
        solved = torch.linalg.solve_triangular(torch.linalg.cholesky(precision), within.T, upper=False)
        rows.append(solved.square().sum(0) + base.noise)
    return torch.stack(rows)


class Said(NamedTuple):
    """Of samples, NaN for genes that no train sample measures."""

    mean: np.ndarray  # (N, G) float32 ln(TPM+1)
    sd: np.ndarray  # (N, G) float32 ln(TPM+1), of the prediction of one value


@torch.inference_mode()
def say(
    family: ModuleType,
    model: Stack,
    conditions: Conditions,
    label: str | None,
    values: np.ndarray,
    visible: np.ndarray,
) -> Said:
    """What the visible genes, and a label of `conditions` unless it is None, tell of samples.

    family, values (N, G), visible (N, G): as for `stack.impute`, whose prediction it is without a label, to the bit.
    """
    base = model.base
    of = prior(base, conditions, label)

    def changed(values: Tensor, visible: Tensor) -> Tensor:
        return deviations(base, of, values, visible) - base.factors(values, visible).deviation

    def spread(values: Tensor, visible: Tensor) -> Tensor:
        return conditions.spread * variances(base, of, visible).sqrt()

    mean = stack.impute(family, model, values, visible)
    if label is not None:
        mean += predict(base, values, visible, block_size(base), changed)
    return Said(mean, predict(base, values, visible, block_size(base), spread))
