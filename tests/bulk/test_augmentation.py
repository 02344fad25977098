"""What is changed at random of train samples has the law that it is said to have, and shows no masked value."""

from __future__ import annotations

import numpy as np
import pytest

from workflow_scripts.bulk import augmentation

ALL = {"thinning": [0.5, 5], "noise": 0.3, "mixup": 0.5}


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def thinned(tpm: np.ndarray, depths: list[float]) -> np.ndarray:
    values = np.log1p(tpm).astype(np.float32)
    return np.expm1(augmentation.thin(values, np.ones(values.shape, bool), depths, generator()).astype(float))


def test_thinning_keeps_the_mean_and_leaves_the_variance_of_reads() -> None:
    """At 2 million fragments a gene of t TPM has 2 t reads by Poisson, so t TPM on average with variance t / 2."""
    tpm = np.array([0.0, 0.2, 1, 10, 300, 20000])
    found = thinned(np.tile(tpm, (20000, 1)), [2, 2])
    np.testing.assert_allclose(found.mean(0), tpm, atol=5 * np.sqrt(200 / 2 / 20000), rtol=0.02)
    np.testing.assert_allclose(found.var(0), tpm / 2, rtol=0.05)


def test_the_depth_of_a_sample_is_log_uniform_in_its_range() -> None:
    found = thinned(np.full((400, 2000), 100.0), [1, 16])
    depths = np.log2(100 / found.var(1))  # from 0 to 4
    assert -0.2 < depths.min() < 0.2 and 3.8 < depths.max() < 4.2
    assert np.histogram(depths, [0, 1, 2, 3, 4])[0] == pytest.approx([100] * 4, abs=40)


def test_noise_is_in_sds_of_its_gene_and_of_visible_values_alone() -> None:
    values, visible = np.full((20000, 4), 3, np.float32), np.array([True, True, True, False])
    sd = np.array([0, 0.5, 2, 1], np.float32)
    settings = {**ALL, "thinning": [], "noise": 0.3}
    found = augmentation.corrupt(values, np.broadcast_to(visible, values.shape), sd, settings, generator())
    np.testing.assert_allclose(found.mean(0), 3, atol=0.02)
    np.testing.assert_allclose(found.std(0), [0, 0.15, 0.6, 0], rtol=0.03, atol=1e-6)
    assert found.dtype == np.float32


@pytest.mark.parametrize("unmeasured", [False, True])
def test_what_is_shown_hangs_on_no_masked_value(unmeasured: bool) -> None:
    values = generator(1).uniform(0, 9, (30, 40)).astype(np.float32)
    visible = generator(2).random(values.shape) > 0.4
    kept, sd = values.copy(), np.ones(40, np.float32)
    one = augmentation.corrupt(values, visible, sd, ALL, generator())
    other = np.where(visible, values, np.float32(np.nan if unmeasured else 0.1))
    other = augmentation.corrupt(other, visible, sd, ALL, generator())
    np.testing.assert_array_equal(one[visible], other[visible])
    np.testing.assert_array_equal(values, kept)
    assert np.isfinite(one).all() and (one != values)[visible].mean() > 0.99


def test_a_sample_is_mixed_with_one_of_its_own_fold_at_most() -> None:
    """Samples that are unit vectors: of each mixture the shares can be read."""
    folds = np.arange(40) % 3
    found = augmentation.mix(np.eye(40, dtype=np.float32), folds, 1.0, generator())
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.sum(1), 1, rtol=1e-6)
    assert ((found > 0).sum(1) <= 2).all() and (found >= 0).all() and (np.diag(found) > 0).all()
    rows, columns = np.nonzero(found)
    assert (folds[rows] == folds[columns]).all()
    assert ((found > 0).sum(1) == 2).mean() > 0.8, "a random permutation leaves few to themselves"


@pytest.mark.parametrize("alpha", [0.4, 5.0])
def test_shares_of_a_mixture_are_by_beta(alpha: float) -> None:
    """Of Beta(a, a) the mean is 1/2 and the variance 1 / (4 (2 a + 1))."""
    found = augmentation.mix(np.eye(2000, dtype=np.float32), np.zeros(2000, int), alpha, generator())
    share = np.diag(found)[np.diag(found) < 1 - 1e-6]
    assert share.mean() == pytest.approx(0.5, abs=0.05)
    assert share.var() == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=0.1)


def test_a_mixture_measures_what_both_do_and_none_is_made_without_alpha() -> None:
    values = generator().uniform(0, 9, (2, 3)).astype(np.float32)
    values[0, 1] = np.nan
    swapped = next(seed for seed in range(9) if generator(seed).permutation(2)[0] == 1)
    found = augmentation.mix(values, np.zeros(2, int), 1.0, generator(swapped))
    assert np.isnan(found).tolist() == [[False, True, False]] * 2
    assert augmentation.mix(values, np.zeros(2, int), 0, generator()) is values
