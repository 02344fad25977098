"""Intervals are at 95 percent, over whole groups, the same draws for all models."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from workflow_scripts.evaluation.intervals import (
    draws,
    interval,
    median_interval,
    normal_interval,
    percentile_interval,
    same_groups,
    wilson_interval,
)

SPEC = {"seed": 1, "bootstrap_samples": 100}


def test_percentiles_are_those_of_95_percent() -> None:
    replicates = np.random.default_rng(0).permutation(np.arange(1001) / 1000)
    assert percentile_interval(replicates) == pytest.approx((0.025, 0.975))


def test_a_normal_interval_is_196_hundredths_of_a_standard_deviation() -> None:
    assert normal_interval(5.0, np.array([-1.0, 1.0] * 50)) == pytest.approx((5 - 1.95996, 5 + 1.95996), abs=1e-5)


def test_only_the_level_of_genes_has_a_normal_interval() -> None:
    replicates = np.random.default_rng(0).exponential(size=500)
    for level in ("pooled", "per_sample", "per_class"):
        assert interval(level, 1.0, replicates) == percentile_interval(replicates)
    assert interval("per_gene", 1.0, replicates) == normal_interval(1.0, replicates)


@pytest.mark.parametrize("level", ["pooled", "per_gene"])
def test_undefined_replicates_tell_nothing(level: str) -> None:
    replicates = np.random.default_rng(0).normal(size=300)
    assert interval(level, 0.0, np.append(replicates, [np.nan, np.inf])) == interval(level, 0.0, replicates)
    for value, of in ((np.nan, replicates), (0.0, np.full(3, np.nan)), (0.0, np.empty(0))):
        assert np.isnan(interval(level, value, of)).all()


def test_groups_are_drawn_with_replacement_so_many_as_there_are() -> None:
    drawn = draws(20, 3000, 1)
    assert drawn.shape == (3000, 20) and (drawn.sum(1) == 20).all()
    np.testing.assert_allclose(drawn.mean(0), 1, atol=0.08)
    np.testing.assert_allclose(drawn.var(0), 1 - 1 / 20, atol=0.12)  # binomial
    assert draws(1, 3000, 1).shape == (0, 1)


def test_the_same_seed_draws_the_same_groups_and_another_seed_others() -> None:
    np.testing.assert_array_equal(draws(20, 50, 1), draws(20, 50, 1))
    assert not np.array_equal(draws(20, 50, 1), draws(20, 50, 2))


def test_groups_are_the_same_whatever_the_order_of_samples_and_differ_in_anything_else() -> None:
    names = np.array([["s1", "s2", "s3"], ["p1", "p1", "p2"]])
    digest = same_groups(names, SPEC)
    assert same_groups(names[:, [2, 0, 1]], SPEC) == digest
    moved = np.array([["s1", "s2", "s3"], ["p1", "p2", "p2"]])
    others = [
        (moved, SPEC),
        (names[:, :2], SPEC),
        (names, SPEC | {"seed": 2}),
        (names, SPEC | {"bootstrap_samples": 9}),
    ]
    assert len({digest, *(same_groups(*other) for other in others)}) == 5


@pytest.mark.parametrize("count", [12, 30, 101, 1000])
def test_the_interval_of_a_median_holds_it_so_often(count: int) -> None:
    """The interval from the i-th to the j-th value holds the median where i to j - 1 values lie below it."""
    values = np.random.default_rng(0).permutation(np.arange(1.0, count + 1))
    median, low, high = median_interval(values)
    assert median == np.median(values)
    assert 0.93 < binom.cdf(high - 1, count, 0.5) - binom.cdf(low - 1, count, 0.5) < 0.98


def test_the_median_of_few_values_has_all_of_them_as_interval() -> None:
    assert median_interval(np.array([3.0])) == (3, 3, 3)
    assert median_interval(np.array([3.0, 1.0, 2.0])) == (2, 1, 3)


@pytest.mark.parametrize(("hits", "count"), [(8, 10), (0, 7), (7, 7), (430, 1000)])
def test_the_interval_of_a_share_is_wilsons(hits: int, count: int) -> None:
    """Both roots of (p - hits / count)^2 = z^2 p (1 - p) / count."""
    z2 = 1.959963985**2
    roots = np.sort(np.roots([1 + z2 / count, -(2 * hits + z2) / count, (hits / count) ** 2]).real)
    assert wilson_interval(hits, count) == pytest.approx(tuple(roots), abs=1e-6)
