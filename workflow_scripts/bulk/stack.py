"""What a trained run says of samples: a stack of what its base and its network say.

    visible values --+--> factors ----------+
                     +--> kernel ridge -----+--> weighted mean --> hidden values
                     +--> network ----------+

    all values --------> coordinates of the factors, states of the network --> embedding

The weights, and what stands in the embedding, were chosen on validation (see `settling`).
Shapes: N samples, G genes, K factors, D numbers of the states.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from types import ModuleType

import numpy as np
import torch
from torch import Tensor, nn

from workflow_scripts.bulk.base import UNSEEN, Base, block_size, predict, said_by_fold

MEMBERS = ("factors", "kernel_ridge", "network")
PARTS = ("coordinates", "states")  # of an embedding


class Stack(nn.Module):
    """A base, a network upon it, and how much of each is taken."""

    def __init__(self, base: Base, network: nn.Module) -> None:
        super().__init__()
        self.base, self.network = base, network
        self.register_buffer("weights", torch.tensor([1.0, 0.0, 0.0]))  # of `MEMBERS`, 1 together
        self.register_buffer("of_base", torch.tensor([1.0, 0.0, 0.0]))  # the best such without the network
        self.register_buffer("penalty", torch.ones(()))  # of kernel ridge regression
        factors = base.shape["factors"]
        self.register_buffer("kept", torch.tensor([factors, 0]))  # so many first numbers of each part of an embedding
        self.register_buffer("scales", torch.ones(len(PARTS)))  # by which each part is multiplied


def impute(family: ModuleType, model: Stack, values: np.ndarray, visible: np.ndarray) -> np.ndarray:
    """Predict every known gene of every sample from its visible genes.

    family: as in `models/registry`; values (N, G) ln(TPM+1), NaN where unmeasured, of which only the `visible` (N, G)
    bool are looked at. Returns (N, G) float32 ln(TPM+1), NaN for genes that no train sample measures.
    """
    return mean_of(members(family, model), model.weights, values, visible)


def members(family: ModuleType, model: Stack) -> list[Callable[[np.ndarray, np.ndarray], np.ndarray]]:
    """What each of `MEMBERS` predicts, from values and which of them are visible, as for `impute`."""
    return [partial(say, family, model, name, penalty=float(model.penalty)) for name in MEMBERS]


def mean_of(
    said: Sequence[Callable[[np.ndarray, np.ndarray], np.ndarray]],
    weights: Tensor,
    values: np.ndarray,
    visible: np.ndarray,
) -> np.ndarray:
    """The mean of `members` by `weights` (3,) of a Stack; those of no weight are not asked. Else as for `impute`."""
    predicted = np.zeros(values.shape, np.float32)
    for ask, weight in zip(said, weights.tolist(), strict=True):
        if weight:
            predicted += np.float32(weight) * ask(values, visible)
    return predicted


@torch.inference_mode()
def say(
    family: ModuleType, model: Stack, member: str, values: np.ndarray, visible: np.ndarray, penalty: float
) -> np.ndarray:
    """What one of `MEMBERS` predicts; as for `impute`."""
    base = model.base
    if member == "network":
        return family.predict(model.network, base, values, visible)

    def told(values: Tensor, visible: Tensor) -> Tensor:
        if member == "factors":
            return base.mean + base.factors(values, visible).deviation
        return base.mean + base.kernel_ridge(values, visible, penalty)

    return predict(base, values, visible, block_size(base), told)


def embed(family: ModuleType, model: Stack, values: np.ndarray, folds: np.ndarray | None = None) -> np.ndarray:
    """One vector float32 a sample, with every measured gene visible; arguments as of `coordinates`."""
    parts = {"coordinates": lambda: coordinates(model.base, values, folds)}
    parts["states"] = lambda: family.embed(model.network, model.base, values)
    taken = zip(PARTS, model.kept.tolist(), model.scales.tolist(), strict=True)
    return np.concatenate([np.float32(scale) * parts[name]()[:, :kept] for name, kept, scale in taken if kept], axis=1)


@torch.inference_mode()
def coordinates(base: Base, values: np.ndarray, folds: np.ndarray | None = None) -> np.ndarray:
    """Coordinates (N, K) float32 of samples along the axes of the factors, with every measured gene visible.

    values (N, G) ln(TPM+1), NaN where unmeasured; folds (N,) int64: which the factors must not have seen (see
    `Base.factors`).
    """
    folds = np.full(len(values), UNSEEN) if folds is None else folds
    found = np.empty((len(values), base.axes.shape[1]), np.float32)
    for rows, block, said in said_by_fold(base, values, folds):
        found[rows] = said.coordinates[: block.number].cpu().numpy()
    return found
