"""TPM by its definition."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from workflow_scripts.prebulk.tpm import log_tpm, tpm


def test_tpm_is_what_the_formula_gives_by_hand():
    counts = np.array([[10.0, 0.0], [20.0, 0.0], [30.0, 7.0]])
    length = np.array([1000.0, 2000.0, 500.0])
    # Sample 1: reads per bp 0.01, 0.01, 0.06; their sum 0.08. Sample 2: one gene has all.
    expected = [[125_000, 0], [125_000, 0], [750_000, 1_000_000]]
    np.testing.assert_allclose(tpm(counts, length), expected, rtol=1e-12)
    logs = log_tpm(counts, length)
    assert logs.dtype == np.float32
    np.testing.assert_allclose(logs, np.log(np.array(expected) + 1.0), rtol=1e-6)


@settings(max_examples=50, deadline=None)
@given(
    arrays(np.float64, (6, 3), elements=st.floats(0, 1e7, width=32)),
    arrays(np.float64, 6, elements=st.floats(1, 1e5)),
    st.floats(1e-3, 1e3),
)
def test_every_sample_adds_up_to_a_million_whatever_its_depth(counts, length, depth):
    counts[0] += 1  # a sample has at least one count
    found = tpm(counts, length)
    np.testing.assert_allclose(found.sum(axis=0), 1e6, rtol=1e-9)
    assert (found >= 0).all()
    np.testing.assert_allclose(tpm(counts * depth, length), found, rtol=1e-9)
