"""What stands beside an embedding: log-TPM, ranks, principal components, factors."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.decomposition import PCA

from workflow_scripts.evaluation import offered
from workflow_scripts.evaluation.metrics import VECTORS
from workflow_scripts.evaluation.representations import factor_scores, log_tpm, principal_components, ranks

NAMES = list(offered.baselines(VECTORS))


@pytest.fixture
def values() -> np.ndarray:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 3)) @ rng.normal(size=(3, 30)) + 0.2 * rng.normal(size=(40, 30)) + 6
    x[:, 0] = np.nan  # a gene that nobody measures
    x[::4, 1] = np.nan  # one that some do not
    return x.astype(np.float32)


def mean_of(train: np.ndarray) -> np.ndarray:
    return np.nan_to_num(
        np.array([of[np.isfinite(of)].mean() if np.isfinite(of).any() else 0 for of in train.T])
    ).astype(np.float32)


@pytest.mark.parametrize("name", NAMES)
def test_a_representation_is_fitted_to_train_samples_alone_and_has_no_gaps(name: str, values: np.ndarray) -> None:
    train, other = values[:30], values[30:]
    represent = offered.baselines(VECTORS)[name](train, mean_of(train), 1)
    before = represent(values)
    assert before.shape[0] == 40 and before.dtype == np.float32 and np.isfinite(before).all()
    np.testing.assert_allclose(represent(other), before[30:], rtol=1e-4, atol=1e-4)  # whatever stands beside it


def test_log_tpm_and_its_principal_components(values: np.ndarray) -> None:
    train, mean = values[:30], mean_of(values[:30])
    plain = log_tpm(train, mean, 1)(values)
    np.testing.assert_allclose(plain, np.nan_to_num(values - mean), atol=1e-6)
    found = principal_components(train, mean, 1)(values)
    pca = PCA(found.shape[1]).fit(plain[:30])
    shown = np.abs(plain @ pca.components_.T)
    np.testing.assert_allclose(np.abs(found)[:, :3], shown[:, :3], atol=0.02)


def test_ranks_do_not_depend_on_depth_or_on_any_rising_curve(values: np.ndarray) -> None:
    """And of two samples that measure the same genes, they correlate as Spearman says before the mean is taken off."""
    train, mean = values[:30], mean_of(values[:30])
    represent = ranks(train, mean, 1)
    np.testing.assert_array_equal(represent(values), represent(np.exp(values / 4)))
    shares = represent(values) - represent(np.full((1, 30), np.nan, np.float32))
    usual = np.array([np.nanmean([r[g] for r in _ranks(train)]) if g else 0 for g in range(30)])
    whole = shares[1:4, 2:] + usual[2:]
    assert np.corrcoef(whole[0], whole[1])[0, 1] == pytest.approx(spearmanr(values[1, 2:], values[2, 2:])[0], abs=0.02)


def _ranks(values: np.ndarray) -> list[np.ndarray]:
    found = []
    for of in values:
        order = np.array([np.nan if not np.isfinite(v) else (np.sum(of < v) + 0.5) / np.isfinite(of).sum() for v in of])
        found.append(order)
    return found


def test_factors_keep_the_distances_of_the_profiles_that_they_predict() -> None:
    """Three factors made the data, with little noise: distances are those of the data without it."""
    rng = np.random.default_rng(1)
    truth = rng.normal(size=(120, 3)) @ rng.normal(size=(3, 80))
    x = (truth + 0.1 * rng.normal(size=truth.shape) + 5).astype(np.float32)
    mean = x[:90].mean(0)
    found = factor_scores(x[:90], mean, 1)(x)[90:]
    apart = [np.linalg.norm(of[:, None] - of, axis=2) for of in (found, truth[90:])]
    np.testing.assert_allclose(apart[0], apart[1], atol=0.6)
    assert factor_scores(x[:1], x[0], 1)(x).shape == (120, 1)
