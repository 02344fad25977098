"""Counts come back out of ln(TPM+1) as they went in."""

from __future__ import annotations

import numpy as np
import pytest

from workflow_scripts.report.counts import counts_of

GENES = 18_000


def log_tpm(counts: np.ndarray, length: np.ndarray) -> np.ndarray:
    """By the definition, one sample at a time, with Python's own order of sums."""
    rows = []
    for sample in counts:
        rate = sample / length
        rows.append(np.log(rate / np.nansum(rate) * 1e6 + 1))
    return np.array(rows).astype(np.float32)


@pytest.fixture(scope="module")
def length() -> np.ndarray:
    return np.random.default_rng(0).integers(200, 20_000, GENES).astype(float)


@pytest.fixture(scope="module")
def whole(length: np.ndarray) -> np.ndarray:
    """Four samples of 2 to 80 million reads, as skewed as real ones: most genes below 1,000, one gene up to 5 %."""
    rng = np.random.default_rng(1)
    shares = rng.lognormal(0, 2.5, (4, GENES)) * length
    depth = np.array([2e6, 1e7, 3e7, 8e7])[:, None]
    return rng.poisson(depth * shares / shares.sum(axis=1, keepdims=True)).astype(float)


def test_whole_counts_come_back_whole(whole: np.ndarray, length: np.ndarray) -> None:
    found = counts_of(log_tpm(whole, length), length, whole.sum(axis=1))
    assert found.dtype == np.float32 and (found == np.rint(found)).all()
    few = whole < 300_000
    assert (~few).any(), "some must be beyond what is exact"
    np.testing.assert_array_equal(found[few], whole[few])
    np.testing.assert_allclose(found, whole, rtol=1.8e-6)


def test_expected_counts_are_not_rounded(whole: np.ndarray, length: np.ndarray) -> None:
    """Of RSEM, two decimals; a sample of which one gene in a thousand is not whole is none of whole counts."""
    some = whole.copy()
    some[:, ::1000] += 0.25
    for expected in (some, np.round(whole * 0.97, 2)):
        found = counts_of(log_tpm(expected, length), length, expected.sum(axis=1))
        np.testing.assert_allclose(found, expected, rtol=1.8e-6)
        assert (found[expected == 0] == 0).all()


def test_each_sample_is_judged_for_itself_and_unmeasured_genes_have_no_count(
    whole: np.ndarray, length: np.ndarray
) -> None:
    given = whole[:2].copy()
    given[1] += 0.5
    given[:, 7] = np.nan
    found = counts_of(log_tpm(given, length), length, np.nansum(given, axis=1))
    np.testing.assert_array_equal(found[0], np.nan_to_num(given[0]))
    np.testing.assert_allclose(found[1], np.nan_to_num(given[1]), rtol=1.8e-6)
    assert (found[:, 7] == 0).all()


def test_a_sample_of_one_gene(length: np.ndarray) -> None:
    given = np.zeros((1, 3))
    given[0, 1] = 12_345
    np.testing.assert_array_equal(counts_of(log_tpm(given, length[:3]), length[:3], np.array([12_345.0])), given)
