"""An ensemble of small networks that are trained at once: from features of perturbations to coordinates of changes.

M members, N perturbations, F features, K coordinates. No member sees another.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn


class Members(nn.Module):
    """M networks of one hidden layer; each begins at 0, so that one that learns nothing says nothing."""

    def __init__(self, seeds: list[int], features: int, hidden: int, coordinates: int) -> None:
        """seeds: of each member."""
        super().__init__()
        first = [
            torch.randn(features, hidden, generator=torch.Generator().manual_seed(seed)) / max(1, features) ** 0.5
            for seed in seeds
        ]
        self.first = nn.Parameter(torch.stack(first))
        self.first_bias = nn.Parameter(torch.zeros(len(seeds), 1, hidden))
        self.last = nn.Parameter(torch.zeros(len(seeds), hidden, coordinates))
        self.last_bias = nn.Parameter(torch.zeros(len(seeds), 1, coordinates))

    def forward(self, x: Tensor) -> Tensor:
        """x (M, N, F) float32. Returns (M, N, K) float32."""
        return torch.tanh(x @ self.first + self.first_bias) @ self.last + self.last_bias


def train(x: np.ndarray, y: np.ndarray, learned: np.ndarray, spec: dict[str, Any], seeds: list[int]) -> Members:
    """Members that were trained on x (M, N, F) and y (M, N, K), each on the rows of `learned` (M, N) bool.

    spec: hidden, steps, learning_rate, weight_decay. All rows make one step of AdamW.
    """
    members = Members(seeds, x.shape[2], spec["hidden"], y.shape[2])
    optimizer = torch.optim.AdamW(
        members.parameters(), lr=spec["learning_rate"], weight_decay=spec["weight_decay"], fused=True
    )
    inputs, wanted = (torch.from_numpy(of.astype(np.float32)) for of in (x, y))
    weight = torch.from_numpy((learned / learned.sum(1, keepdims=True)).astype(np.float32))[..., None]
    for _ in range(spec["steps"]):
        optimizer.zero_grad()
        (weight * (members(inputs) - wanted) ** 2).mean(2).sum().backward()
        optimizer.step()
    return members


@torch.no_grad()
def said(members: Members, x: np.ndarray) -> np.ndarray:
    """What members say (M, N, K) float64 of x (M, N, F)."""
    return members(torch.from_numpy(x.astype(np.float32))).double().numpy()
