"""What the base says of samples; it is fitted to train samples, chosen on validation, honest of what it has seen."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from tests.bulk.conftest import filled_base
from workflow_scripts.bulk.base import UNSEEN, Base
from workflow_scripts.bulk.fitting import Learned, fit_base, hold_out
from workflow_scripts.bulk.stack import coordinates
from workflow_scripts.evaluation import factors
from workflow_scripts.evaluation.imputers import kernel_ridge_imputer

GENES, SAMPLES = 40, 5
SETTINGS = {"factors": [3], "kernel_samples": 100}


@pytest.fixture
def base() -> Base:
    return filled_base(GENES, factors=3)


@pytest.fixture
def values() -> torch.Tensor:
    return torch.rand((SAMPLES, GENES), generator=torch.Generator().manual_seed(1)) * 8


def made(samples: int = 60, noise: float = 0.3, seed: int = 0) -> tuple[Learned, pd.DataFrame]:
    """Expression of three factors, with noise of each gene; in five folds."""
    rng = np.random.default_rng(seed)
    loadings = np.random.default_rng(1).normal(size=(3, GENES))
    sizes = noise * np.random.default_rng(2).uniform(0.2, 3, GENES)
    parts = [
        (4 + rng.normal(size=(n, 3)) @ loadings + sizes * rng.normal(size=(n, GENES))).astype(np.float32)
        for n in (samples, 30)
    ]
    statistics = pd.DataFrame({"mean": parts[0].mean(0), "sd": parts[0].std(0)})
    return Learned(parts[0], np.arange(samples) % 5, parts[1]), statistics


@torch.no_grad()
@pytest.mark.parametrize(("sd", "counted"), [(0.5, 5.0), (0.0, 0.1)])
def test_an_outlier_counts_as_ten_sds_of_its_gene(sd: float, counted: float, base: Base) -> None:
    """And the sd of a gene that hardly varies as 0.01 ln(TPM+1)."""
    base.sd[:] = sd
    visible = torch.ones((1, GENES), dtype=torch.bool)
    for sign in (1, -1):
        far, limit = (base.factors(base.mean[None] + sign * by, visible).deviation for by in (1000.0, counted))
        torch.testing.assert_close(far, limit)
        assert not torch.allclose(limit, base.factors(base.mean[None] + sign * 0.9 * counted, visible).deviation)


@torch.no_grad()
def test_factors_say_the_posterior_mean_in_closed_form(base: Base, values: torch.Tensor) -> None:
    """Of a value given the visible ones, by the covariance that the factors and the noise of each gene make."""
    base.sd.fill_(100)
    visible = torch.rand(values.shape, generator=torch.Generator().manual_seed(3)) > 0.3
    found = base.factors(values, visible)
    covariance = base.loadings @ base.loadings.T
    for row, seen in enumerate(visible):
        of_seen = covariance[seen][:, seen] + base.noise[seen].diag()
        expected = covariance[:, seen] @ torch.linalg.solve(of_seen, (values[row] - base.mean)[seen])
        torch.testing.assert_close(found.deviation[row], expected, atol=1e-3, rtol=1e-3)
    np.testing.assert_allclose(found.coordinates @ base.axes.T, found.deviation, atol=1e-3)
    np.testing.assert_allclose(base.axes.T @ base.axes, np.eye(3), atol=1e-5)


@torch.no_grad()
def test_a_hidden_value_reaches_nothing(base: Base, values: torch.Tensor) -> None:
    visible = torch.rand(values.shape, generator=torch.Generator().manual_seed(2)) > 0.4
    for other in (1e3, float("nan")):
        hidden = torch.where(visible, values, other)
        for one, two in zip(base.factors(values, visible), base.factors(hidden, visible), strict=True):
            assert torch.equal(one, two)
        assert torch.equal(base.kernel_ridge(values, visible, 0.1), base.kernel_ridge(hidden, visible, 0.1))


@pytest.mark.parametrize("samples", [100, 20])
def test_kernel_ridge_is_the_baseline_of_that_name_on_the_samples_that_are_kept(samples: int) -> None:
    learned, statistics = made()
    base = fit_base(learned, statistics, {**SETTINGS, "kernel_samples": samples}, seed=1)
    assert len(base.samples) == min(samples, 60)
    mean = statistics["mean"].to_numpy(np.float32)
    train = base.samples.numpy() + mean
    away = np.abs(train[:, None] - learned.train[None]).max(axis=2)
    assert (away.min(axis=1) < 1e-5).all() and len(set(away.argmin(axis=1))) == len(train)
    spec = {"kernel_penalties": [0.1], "kernel_samples": 100}
    (imputer,) = kernel_ridge_imputer(train, mean, spec).values()
    visible = np.random.default_rng(0).random(learned.validation.shape) > 0.3
    given = torch.from_numpy(learned.validation), torch.from_numpy(visible)
    np.testing.assert_allclose(
        base.kernel_ridge(*given, 0.1) + base.mean, imputer(learned.validation, visible), atol=1e-4
    )


@pytest.mark.parametrize(("noise", "chosen"), [(0.6, "3 factors, a noise of each gene")])
def test_factors_are_chosen_on_validation(noise: float, chosen: str, caplog: pytest.LogCaptureFixture) -> None:
    learned, statistics = made(200, noise)
    with caplog.at_level("INFO"):
        base = fit_base(learned, statistics, {**SETTINGS, "factors": [1, 3, 9]}, seed=1)
    assert f"chosen on validation: {chosen}" in caplog.text
    assert base.shape == {"genes": GENES, "factors": 3, "samples": 100}
    assert base.noise.max() > 3 * base.noise.min()
    wrong = learned._replace(validation=statistics["mean"].to_numpy(np.float32) + np.zeros((5, GENES), np.float32))
    with caplog.at_level("INFO"):
        fit_base(wrong, statistics, {**SETTINGS, "factors": [1, 3, 9]}, seed=1)
    assert "chosen on validation: 1 factors" in caplog.text, "of equals the first"


def test_held_out_loadings_are_those_of_the_other_folds() -> None:
    learned, statistics = made()
    base = fit_base(learned, statistics, SETTINGS, seed=1)
    hold_out(base, learned.train, learned.folds, seed=1)
    centred = learned.train - base.mean.numpy()
    for fold in range(5):
        expected = factors.given_noise(centred[learned.folds != fold], base.noise.numpy(), 3, 1).loadings
        np.testing.assert_allclose(base.held_out[fold] @ base.held_out[fold].T, expected @ expected.T, atol=1e-3)
        assert not np.allclose(expected @ expected.T, base.loadings @ base.loadings.T, atol=1e-3)


def test_coordinates_of_a_train_sample_are_those_of_factors_that_have_not_seen_it() -> None:
    learned, statistics = made()
    base = fit_base(learned, statistics, SETTINGS, seed=1)
    hold_out(base, learned.train, learned.folds, seed=1)
    found = coordinates(base, learned.train, learned.folds)
    moved = learned.train.copy()
    of_fold = learned.folds == 2
    moved[of_fold] += 3 * np.random.default_rng(0).normal(size=moved[of_fold].shape).astype(np.float32)
    hold_out(base, moved, learned.folds, seed=1)
    again = coordinates(base, learned.train, learned.folds)
    np.testing.assert_array_equal(found[of_fold], again[of_fold])
    assert not np.allclose(found[~of_fold], again[~of_fold], atol=1e-3)
    own = coordinates(base, learned.train[of_fold])
    np.testing.assert_array_equal(own, coordinates(base, learned.train, np.full(60, UNSEEN))[of_fold])
    assert not np.allclose(own, found[of_fold], atol=1e-4)


def test_a_gene_that_no_train_sample_measures_has_no_part(values: torch.Tensor) -> None:
    learned, statistics = made()
    statistics.loc[4, ["mean", "sd"]] = np.nan
    learned.train[:, 4] = np.nan
    base = fit_base(learned, statistics, SETTINGS, seed=1)
    assert base.known.tolist() == [gene != 4 for gene in range(GENES)]
    np.testing.assert_allclose(base.loadings[4], 0, atol=1e-6)
    assert not base.samples[:, 4].any() and not base.measured[:, 4].any()
