"""Kernel ridge regression over samples (Saunders et al. 1998): the values of a sample from those of others like it.

Shapes: N train samples, B samples, G genes.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

LEAST_SEEN = 1e-5  # share of the variance of train samples below which visible genes tell nothing but rounding


class Samples(NamedTuple):
    """What is predicted from."""

    centred: Tensor  # (N, G) float32: values less the train mean of their gene, 0 where unmeasured
    measured: Tensor  # (N, G) float32: 1 where measured, 0 elsewhere
    products: Tensor  # (N, N) float32, of centred with itself


def samples(centred: Tensor, measured: Tensor) -> Samples:
    """Of centred and measured (N, G); see `Samples`."""
    return Samples(centred, measured.to(centred.dtype), centred @ centred.T)


def predict(train: Samples, x: Tensor, visible: Tensor, penalty: float, most: int) -> Tensor:
    """Centred values (B, G) float32 of samples x (B, G), centred, 0 where not `visible` (B, G) bool.

    The kernel is that of the genes that are visible: half the product of two samples, half exp(-d^2) of their distance,
    both over the mean square of a train sample. What is unmeasured stands at the train mean. A sample is predicted from
    the `most` train samples that are nearest to it, so that its cost is bounded, and linear in train samples. Each is
    computed alone: its bits do not depend on those beside it.
    """
    rows = zip(x, visible, strict=True)  # copied, as sums depend on where in memory numbers begin
    return torch.stack([_predict_one(train, one.clone(), seen, penalty, most) for one, seen in rows])


def _predict_one(train: Samples, x: Tensor, visible: Tensor, penalty: float, most: int) -> Tensor:
    near = _nearest(train, x, visible, most)
    others = train.centred[near]
    few = visible if 2 * visible.sum() < len(visible) else ~visible  # over these is less to sum
    part = others[:, few]
    products = part @ part.T
    if few is not visible:
        products = train.products[near][:, near] - products
    squares = products.diagonal().clone()
    scale = squares.mean()
    if scale <= LEAST_SEEN * train.products.diagonal().mean():
        return torch.zeros_like(x)
    kernel = _kernel(products, squares[:, None], squares, scale)
    kernel.diagonal().add_(penalty)
    own = _kernel(others @ x, x @ x, squares, scale)
    weights = torch.cholesky_solve(own[:, None], torch.linalg.cholesky(kernel))
    return (weights.T @ others)[0]


def _nearest(train: Samples, x: Tensor, visible: Tensor, most: int) -> Tensor:
    """The `most` train samples nearest to x (G,), by the mean squared difference over genes that both have."""
    if len(train.centred) <= most:
        return torch.arange(len(train.centred), device=x.device)
    seen = train.measured[:, visible]
    squares = (train.centred[:, visible] - x[visible]).square().mul_(seen).sum(1)
    distance = torch.where(seen.sum(1) > 0, squares / seen.sum(1).clamp(min=1), torch.inf)
    return distance.topk(most, largest=False).indices.sort().values


def _kernel(products: Tensor, squares: Tensor, of_train: Tensor, scale: Tensor) -> Tensor:
    """Half the products of samples, half exp(-d^2) of their distance, both over `scale`."""
    distance = (squares + of_train - 2 * products).clamp(min=0)
    return (products / scale + torch.exp(-distance / scale)) / 2
