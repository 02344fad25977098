"""Sums over runs are the sums over their bases, exactly, however runs, bins and stretches lie to each other."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given, settings, strategies

from workflow_scripts.tracks.runs import Runs, bin_sums, write_bases


@strategies.composite
def runs_within(draw: strategies.DrawFn, start: int, end: int) -> Runs:
    """Runs with gaps and without, of any length, with values of float32."""
    edges = sorted(draw(strategies.sets(strategies.integers(start, end), max_size=30)))
    pairs = [pair for pair in zip(edges[:-1], edges[1:], strict=True) if draw(strategies.booleans())]
    value = draw(strategies.lists(strategies.floats(2**-20, 2**20, width=32), min_size=len(pairs), max_size=len(pairs)))
    first, last = (np.array([pair[side] for pair in pairs], np.int64) for side in (0, 1))
    return Runs(first, last, np.array(value, np.float64))


def of_bases(runs: Runs, start: int, end: int) -> list[Fraction]:
    """The signal of each base, without rounding."""
    values = [Fraction(0)] * (end - start)
    for first, last, value in zip(*(column.tolist() for column in runs), strict=True):
        values[first - start : last - start] = [Fraction(value)] * (last - first)
    return values


@settings(max_examples=200, deadline=None)
@given(data=strategies.data(), start=strategies.integers(0, 50), length=strategies.integers(1, 300))
def test_bases_are_written_where_they_stand(data: strategies.DataObject, start: int, length: int) -> None:
    """Where runs cover little, and where they cover much."""
    for last in (length, length // 8):
        runs = data.draw(runs_within(start, start + last))
        found = np.zeros(length, np.float32)
        write_bases(runs, start, found)
        assert [Fraction(float(value)) for value in found] == of_bases(runs, start, start + length)


@settings(max_examples=300, deadline=None)
@given(
    data=strategies.data(),
    start=strategies.integers(0, 50),
    bins=strategies.integers(1, 12),
    width=strategies.integers(1, 40),
)
def test_bin_sums_are_sums_of_bases(data: strategies.DataObject, start: int, bins: int, width: int) -> None:
    end = start + bins * width
    runs = data.draw(runs_within(start, end))
    found = bin_sums(runs, start, end, width)
    values = of_bases(runs, start, end)
    expected = [sum(values[first : first + width]) for first in range(0, end - start, width)]
    assert (found.shape, found.dtype) == ((bins,), np.float64)
    np.testing.assert_allclose(found, [float(value) for value in expected], rtol=1e-14, atol=0)


def test_a_run_over_many_bins_adds_to_each_what_lies_in_it() -> None:
    """Bins of 10 from 100 on; a run from 105 to 138, another that follows it in the last bin."""
    runs = Runs(np.array([105, 138]), np.array([138, 139]), np.array([2.0, 7.0]))
    assert bin_sums(runs, 100, 150, 10).tolist() == [10, 20, 20, 16 + 7, 0]


def test_a_small_value_beside_a_large_one_is_not_lost() -> None:
    runs = Runs(np.array([0, 10]), np.array([10, 12]), np.array([2.0**60, 2.0**-60]))
    assert bin_sums(runs, 0, 30, 10).tolist() == [10 * 2.0**60, 2 * 2.0**-60, 0]
