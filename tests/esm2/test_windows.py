"""Windows cover a protein so that every residue counts once; batches hold every window once."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workflow_scripts.esm2.windows import FLANKS, Window, cut, in_batches


def test_windows_of_a_protein_of_ten_residues() -> None:
    """Starts 0, 3 and, flush with the end, 6; residues 3 and 6 stand in two windows."""
    windows = cut(7, 10, 4, 3)
    assert [(window.gene, window.start, window.end) for window in windows] == [(7, 0, 4), (7, 3, 7), (7, 6, 10)]
    assert [window.share.tolist() for window in windows] == [[1, 1, 1, 0.5], [0.5, 1, 1, 0.5], [0.5, 1, 1, 1]]


@pytest.mark.parametrize("length", [1, 3, 4])
def test_a_protein_within_the_window_is_one_window(length: int) -> None:
    (window,) = cut(0, length, 4, 2)
    assert (window.start, window.end, window.share.tolist()) == (0, length, [1.0] * length)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 400), st.integers(1, 60), st.data())
def test_every_residue_counts_once_and_windows_are_full(length: int, window: int, data: st.DataObject) -> None:
    windows = cut(0, length, window, data.draw(st.integers(1, window), label="stride"))
    counted = np.zeros(length)
    for each in windows:
        assert len(each.share) == each.end - each.start == min(window, length)
        counted[each.start : each.end] += each.share
    np.testing.assert_allclose(counted, 1, rtol=1e-5)
    assert windows[-1].end == length
    assert len({each.start for each in windows}) == len(windows)


def test_batches_are_of_one_length_and_count_both_end_tokens() -> None:
    """Four windows of 3 residues and two end tokens: two fit into 10 tokens."""
    windows = [Window(gene, 0, length, np.ones(length)) for gene, length in enumerate([3, 3, 4, 3, 3])]
    assert [[window.gene for window in batch] for batch in in_batches(windows, 10)] == [[2], [0, 1], [3, 4]]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 50), max_size=40), st.integers(1, 200))
def test_batches_hold_every_window_once_within_the_budget(lengths: list[int], tokens: int) -> None:
    windows = [Window(gene, 0, length, np.ones(length)) for gene, length in enumerate(lengths)]
    found = list(in_batches(windows, tokens))
    assert sorted(window.gene for batch in found for window in batch) == list(range(len(lengths)))
    for batch in found:
        (length,) = {window.end for window in batch}
        assert len(batch) == 1 or len(batch) * (length + FLANKS) <= tokens
    # no two batches could have been one
    for one, other in pairwise(found):
        alike = one[0].end == other[0].end
        assert one[0].end > other[0].end or (alike and (len(one) + 1) * (one[0].end + FLANKS) > tokens)


def test_windows_of_one_length_come_together_wherever_they_stand() -> None:
    windows = [*cut(0, 40, 10, 5), *cut(1, 33, 10, 7), *cut(2, 9, 10, 5)]
    batches = list(in_batches(windows, 10_000))
    assert [{window.end - window.start for window in batch} for batch in batches] == [{10}, {9}]
