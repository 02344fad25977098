"""The rotary expression embedding is what its formula says, in both forms that are in use."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from workflow_scripts.bulk.models.tokens import rotary_expression_embedding


def test_ree_equals_its_formula() -> None:
    x, dim, base = 3.7, 8, 100.0
    found = rotary_expression_embedding(torch.tensor([x]), dim, base)[0]
    angles = [x / base ** (2 * k / dim) for k in range(dim // 2)]
    expected = [math.sin(a) for a in angles] + [math.cos(a) for a in angles]
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-5)


@pytest.mark.parametrize("scale, origin", [(4, 0)])
def test_ree_equals_the_form_with_powers_of_ten(scale: int, origin: int) -> None:
    """x / 10^(scale * i / d) for i from `origin`, cosine and sine in turn: the same numbers, in another order."""
    x, dim = 5.2, 16
    interleaved = []
    for i in range(origin, dim // 2 + origin):
        angle = x / 10 ** (scale * i / dim)
        interleaved += [math.cos(angle), math.sin(angle)]
    found = rotary_expression_embedding(torch.tensor(x), dim, 100.0).numpy()
    np.testing.assert_allclose(found, interleaved[1::2] + interleaved[0::2], rtol=1e-5)
