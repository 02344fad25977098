"""Linear attention is the attention of its kernel, at a cost that grows with the tokens."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from workflow_scripts.bulk.models.attention import linear_attention
from workflow_scripts.bulk.models.transformer import Block


def drawn(tokens: int, scale: float = 1.0, shift: float = 0.0) -> list[Tensor]:
    """Query, key, content (2, 3, T, 4)."""
    generator = torch.Generator().manual_seed(tokens)
    return [scale * torch.randn((2, 3, tokens, 4), generator=generator) + shift for _ in range(3)]


def attended(tokens: int) -> Tensor:
    chosen = torch.rand((2, tokens), generator=torch.Generator().manual_seed(0)) > 0.4
    chosen[:, 0] = True
    return chosen


def quadratic(query: Tensor, key: Tensor, content: Tensor, attended: Tensor | None) -> np.ndarray:
    """Every weight formed, of features elu + 1, at least 1e-6, in float64."""
    q, k, v = (of.double().numpy() for of in (query, key, content))
    q, k = (np.maximum(np.where(x > 0, x + 1, np.exp(np.minimum(x, 0))), 1e-6) for x in (q, k))
    weights = np.einsum("bhse,bhte->bhst", q, k)
    if attended is not None:
        weights = weights * attended.numpy()[:, None, None, :]
    return np.einsum("bhst,bhte->bhse", weights / weights.sum(-1, keepdims=True), v)


@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("tokens", [1, 7, 700])
def test_it_equals_the_quadratic_formula(tokens: int, masked: bool) -> None:
    mask = attended(tokens) if masked else None
    given = drawn(tokens)
    np.testing.assert_allclose(linear_attention(*given, mask).numpy(), quadratic(*given, mask), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("scale", "shift"), [(1, -12), (60, 0), (1, -300), (300, -300), (1, 1e4)])
def test_extreme_queries_and_keys_are_safe(scale: float, shift: float) -> None:
    query, key, _ = drawn(50, scale, shift)
    content, mask = drawn(50)[2], attended(50)
    given = [of.clone().requires_grad_() for of in (query, key, content)]
    found = linear_attention(*given, mask)
    found.square().sum().backward()
    np.testing.assert_allclose(found.detach().numpy(), quadratic(query, key, content, mask), rtol=1e-4, atol=1e-5)
    assert all(torch.isfinite(of.grad).all() for of in given)


def test_an_unattended_token_has_no_influence() -> None:
    query, key, content = drawn(40)
    mask = attended(40)
    expected = linear_attention(query, key, content, mask)
    hidden = ~mask[:, None, :, None]
    found = linear_attention(query, key.masked_fill(hidden, 1e6), content.masked_fill(hidden, 1e6), mask)
    assert torch.equal(found, expected)


def test_sums_are_in_float32_under_autocast_of_bfloat16() -> None:
    query, key, content = (of.bfloat16() for of in drawn(2000))
    given = query[:, :, :5], key, content
    with torch.autocast("cpu", torch.bfloat16):
        found = linear_attention(*given, attended(2000))
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found.numpy(), quadratic(*given, attended(2000)), rtol=1e-3, atol=1e-5)


def test_the_cost_of_a_layer_grows_with_the_number_of_tokens() -> None:
    """By its products of numbers, with 2 heads of 4 numbers each: two 4 x 4 matrices and a vector a head and token."""
    layer = Block(8, 2, 0.0, "linear")
    for tokens in (100, 2000):
        with FlopCounterMode(display=False) as counter:
            layer(torch.zeros(1, tokens, 8), torch.ones((1, tokens), dtype=torch.bool))
        of_maps, of_attention = 8 * (3 * 8 + 8 + 2 * 4 * 8), 2 * (4 * 4 + 4 * 4 + 4)
        assert counter.get_total_flops() == 2 * tokens * (of_maps + of_attention)
