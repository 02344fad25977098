"""Attention whose cost grows with the number of tokens, not with its square."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

LEAST = 1e-6  # of a feature: weights stay positive, and sums of them above 0, whatever queries and keys are


def linear_attention(query: Tensor, key: Tensor, content: Tensor, attended: Tensor | None) -> Tensor:
    """Weighted means of contents (B, H, T, E), float32, where token t has the weight phi(query) . phi(key_t).

    phi(x) = elu(x) + 1 of each number, at least `LEAST` (Katharopoulos et al. 2020, arXiv:2006.16236, equations 5 to
    7). The sums over tokens do not depend on the query, so that they are taken once, and no weight is ever formed.
    query, key (B, H, T, E); attended (B, T) bool, the tokens that have a weight, one at least, or None for all.
    """
    with torch.autocast(query.device.type, enabled=False):  # sums over many tokens need float32
        query, key, content = _features(query.float()), _features(key.float()), content.float()
        if attended is not None:
            key = key.masked_fill(~attended[:, None, :, None], 0.0)
        total = query @ key.sum(2).unsqueeze(-1)  # (B, H, T, 1), of the weights
        return query @ (key.mT @ content) / total


def _features(x: Tensor) -> Tensor:
    """elu(x) + 1, exact also where that is small."""
    return (F.relu(x) + x.clamp(max=0).exp()).clamp(min=LEAST)
