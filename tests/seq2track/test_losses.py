"""Losses against likelihoods that are computed otherwise."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from workflow_scripts.seq2track import losses

PLAIN = {"loss": "poisson", "total_weight": 0.2}
BOTH = {"loss": "poisson_multinomial", "total_weight": 0.3}


@pytest.fixture
def given() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Predictions, counts and mask (B, T, N); a window of which nothing counts."""
    rng = np.random.default_rng(1)
    mask = rng.random((3, 2, 6)) < 0.7
    mask[1, 0] = False
    return rng.gamma(2.0, 2.0, (3, 2, 6)), rng.poisson(3, (3, 2, 6)).astype(float), mask


def tensors(given: tuple) -> list[torch.Tensor]:
    return [torch.from_numpy(of) for of in given]


def test_poisson_differs_from_the_likelihood_by_what_no_prediction_changes(given: tuple) -> None:
    predicted, counts, mask = given
    other = predicted * np.linspace(0.5, 2, 6)

    def likelihood(of: np.ndarray) -> float:
        return -stats.poisson.logpmf(counts, of)[mask].sum()

    mine = [float(losses.poisson(torch.from_numpy(of), *tensors(given)[1:])) for of in (predicted, other)]
    assert mine[1] - mine[0] == pytest.approx(likelihood(other) - likelihood(predicted))


def test_the_multinomial_is_that_of_each_window_and_track_over_the_bins_that_count(given: tuple) -> None:
    predicted, counts, mask = given
    mine = float(losses.multinomial(*tensors(given)))
    expected = 0.0
    for window in range(3):
        for track in range(2):
            kept = mask[window, track]
            if kept.any():
                share = predicted[window, track, kept] / predicted[window, track, kept].sum()
                number = counts[window, track, kept]
                constant = stats.multinomial.logpmf(number, number.sum(), np.full(len(number), 1 / len(number)))
                constant += number.sum() * np.log(len(number))
                expected -= stats.multinomial.logpmf(number, number.sum(), share) - constant
    assert mine == pytest.approx(expected)


def test_a_profile_is_scored_whatever_its_total_and_a_total_whatever_its_profile(given: tuple) -> None:
    predicted, counts, mask = tensors(given)
    assert float(losses.multinomial(3 * predicted, counts, mask)) == pytest.approx(
        float(losses.multinomial(predicted, counts, mask))
    )
    ones = torch.ones_like(mask)
    assert float(losses.total(predicted.flip(-1), counts, ones)) == pytest.approx(
        float(losses.total(predicted, counts, ones))
    )
    true = torch.where(mask, counts, 0.0).sum(-1, keepdim=True) / mask.sum(-1, keepdim=True).clamp(min=1)
    best = float(losses.total(true.expand_as(counts), counts, mask))
    assert best < float(losses.total(1.3 * true.expand_as(counts), counts, mask))


def test_what_is_masked_has_no_part_in_any_loss(given: tuple) -> None:
    predicted, counts, mask = tensors(given)
    for settings in (PLAIN, BOTH):
        before = losses.loss(predicted, counts, mask, settings)
        after = losses.loss(torch.where(mask, predicted, 9.0), torch.where(mask, counts, 7.0), mask, settings)
        assert float(before.total) == float(after.total) and before.count == after.count == int(mask.sum())
        for one, other in zip(before.minimised, after.minimised, strict=True):
            assert float(one.total) == pytest.approx(float(other.total))


def test_the_reported_loss_is_poisson_whatever_is_minimised(given: tuple) -> None:
    plain, both = (losses.loss(*tensors(given), settings) for settings in (PLAIN, BOTH))
    assert float(plain.total) == float(both.total) and plain.terms == ()
    profile, total = (float(term.total) for term in both.terms)
    assert profile == pytest.approx(float(losses.multinomial(*tensors(given))))
    assert total == pytest.approx(0.3 * float(losses.total(*tensors(given))))


def test_signal_where_nothing_is_predicted_costs_much_and_stays_finite() -> None:
    zero, one, mask = torch.zeros(1, 1, 4, requires_grad=True), torch.ones(1, 1, 4), torch.ones(1, 1, 4, dtype=bool)
    for settings in (PLAIN, BOTH):
        found = losses.loss(zero, one, mask, settings)
        assert all(torch.isfinite(term.total) for term in found.minimised)
