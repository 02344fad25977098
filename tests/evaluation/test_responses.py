"""Predicted responses and courses against the true ones; what a perturbation sets by itself does not count."""

from __future__ import annotations

import numpy as np
import pytest

from workflow_scripts.evaluation.intervals import draws
from workflow_scripts.evaluation.metrics import RESPONSE
from workflow_scripts.evaluation.responses import Interval, places, score_responses, score_roll_outs

SPEC = {"seed": 4, "bootstrap_samples": 25}
NAMES = [f"P{row}" for row in (3, 1, 2, 0, 5, 4)]  # not sorted, as groups are


@pytest.fixture
def levels() -> dict[str, np.ndarray]:
    """6 perturbations of 9 genes, two genes each, some of them shared."""
    rng = np.random.default_rng(0)
    true = rng.normal(size=(6, 9))
    perturbed = np.zeros((6, 9), bool)
    for row in range(6):
        perturbed[row, [row, (row + 1) % 6]] = True
    guess = true + 1.5 * rng.normal(size=true.shape)
    guess[perturbed] += 100  # whatever is said of a gene that is perturbed
    return {"true": true, "guess": guess, "perturbed": perturbed, "reference": rng.normal(size=9)}


def scored(levels: dict[str, np.ndarray], guess: np.ndarray) -> dict[str, dict]:
    rest = levels["perturbed"], levels["reference"], NAMES, SPEC, "pairs"
    return {row["metric"]: row for row in score_responses(levels["true"], {"m": guess}, *rest)}


def test_scores_of_responses_leave_out_what_is_perturbed(levels: dict[str, np.ndarray]) -> None:
    of, left = scored(levels, levels["guess"]), ~levels["perturbed"]
    squares = [(levels["guess"] - levels["true"])[row][left[row]] ** 2 for row in range(6)]
    guessed, true = (levels[name] - levels["reference"] for name in ("guess", "true"))
    r = [np.corrcoef(guessed[row, kept], true[row, kept]) for row, kept in enumerate(left)]
    mse = np.concatenate(squares).mean()
    assert of["response_mse"]["value"] == pytest.approx(mse) and mse < 10
    assert of["response_rmse"]["value"] == pytest.approx(np.sqrt(mse))
    assert of["response_delta_pearson"]["value"] == pytest.approx(np.mean([one[0, 1] for one in r]))
    order = np.argsort(NAMES)  # groups are drawn in order of their names
    drawn = draws(6, 25, 4)
    each = np.array([np.sum(one) for one in squares])[order], np.array([len(one) for one in squares])[order]
    assert of["response_mse"]["replicates"] == pytest.approx(drawn @ each[0] / (drawn @ each[1]))
    assert all(row["n"] == 6 and row["task"] == RESPONSE and row["dataset"] == "pairs" for row in of.values())


def test_coverage_is_told_of_models_that_have_an_interval(levels: dict[str, np.ndarray]) -> None:
    """Of genes that are not perturbed, and of which there is an interval; it is drawn again with its perturbation."""
    true, guess, left = levels["true"], levels["guess"], ~levels["perturbed"]
    half = np.random.default_rng(1).uniform(0, 3, true.shape)
    half[0, 4] = np.nan
    given = levels["perturbed"], levels["reference"], NAMES, SPEC, "pairs"
    within = Interval(guess - half, guess + 2 * half, np.arange(1.0, 10))
    rows = score_responses(true, {"m": guess, "rule": guess}, *given, {"m": within})
    (found,) = [row for row in rows if row["metric"] == "response_coverage"]
    hits, counts = np.zeros(6), np.zeros(6)
    for row, column in zip(*np.nonzero(left & np.isfinite(half)), strict=True):
        counts[row] += 1
        hits[row] += (
            guess[row, column] - half[row, column] <= true[row, column] <= guess[row, column] + 2 * half[row, column]
        )
    assert found["model"] == "m" and counts.sum() == 41
    assert found["value"] == pytest.approx(hits.sum() / 41) and 0.2 < found["value"] < 0.9
    drawn, order = draws(6, 25, 4), np.argsort(NAMES)
    assert found["replicates"] == pytest.approx(drawn @ hits[order] / (drawn @ counts[order]))
    others = [row["metric"] for row in rows if row["model"] == "rule"]
    assert {row["metric"] for row in rows if row["model"] == "m"} == {*others, "response_coverage", "response_width"}
    (wide,) = [row for row in rows if row["metric"] == "response_width"]
    widths = np.where(left, 3 * half / np.arange(1, 10), np.nan)
    assert wide["value"] == pytest.approx(np.nanmean(widths))
    sums = np.nansum(widths, 1)[order]
    assert wide["replicates"] == pytest.approx(drawn @ sums / (drawn @ counts[order]))


def test_rank_is_among_predictions_and_centroid_accuracy_among_true_responses(levels: dict[str, np.ndarray]) -> None:
    true, guess, left = levels["true"], levels["guess"], ~levels["perturbed"]
    ranks, farther = [], []
    for own in range(6):
        nearer, far = [], []
        for other in set(range(6)) - {own}:
            kept = left[own] & left[other]

            def apart(a: np.ndarray, b: np.ndarray, kept: np.ndarray = kept) -> float:
                return float(np.mean((a - b)[kept] ** 2))

            nearer.append(apart(guess[other], true[own]) < apart(guess[own], true[own]))
            far.append(apart(guess[own], true[other]) > apart(guess[own], true[own]))
        ranks.append(np.mean(nearer))
        farther.append(np.mean(far))
    of = scored(levels, guess)
    assert of["response_rank"]["value"] == pytest.approx(np.mean(ranks))
    assert of["centroid_accuracy"]["value"] == pytest.approx(np.mean(farther))
    assert abs(np.mean(ranks) - (1 - np.mean(farther))) > 0.03
    perfect = scored(levels, true)
    assert perfect["response_rank"]["value"] == 0 and perfect["centroid_accuracy"]["value"] == 1


def test_one_prediction_for_all_is_in_the_middle_of_the_ranks(levels: dict[str, np.ndarray]) -> None:
    of = scored(levels, np.tile(levels["reference"], (6, 1)))
    assert of["response_rank"]["value"] == 0.5
    assert of["response_delta_pearson"]["value"] == 0  # no change at all is in no direction


def test_a_single_perturbation_has_no_rank(levels: dict[str, np.ndarray]) -> None:
    rank, centroid = places(levels["true"][:1], levels["guess"][:1], levels["perturbed"][:1])
    assert rank.tolist() == centroid.tolist() == [[0, 0]]


def test_courses_are_scored_from_their_start_and_resampled_by_series() -> None:
    rng = np.random.default_rng(1)
    true = [rng.normal(size=(length, 3)) for length in (4, 6, 5)]
    guess = [of + rng.normal(size=of.shape) for of in true]
    starts = rng.normal(size=(3, 3)) * 5
    models = {"m": guess, "still": [np.tile(start, (len(of), 1)) for start, of in zip(starts, true, strict=True)]}
    rows = score_roll_outs(true, models, starts, ["a", "b", "c"], SPEC, "relaxation")
    of = {(row["model"], row["metric"]): row for row in rows}
    assert len(of) == 4
    squares = [((one - other) ** 2).ravel() for one, other in zip(guess, true, strict=True)]
    rmse = of["m", "roll_out_rmse"]
    assert rmse["value"] == pytest.approx(np.sqrt(np.concatenate(squares).mean()))
    drawn = draws(3, 25, 4)
    sums, counts = np.array([[one.sum(), one.size] for one in squares]).T
    assert rmse["replicates"] == pytest.approx(np.sqrt(drawn @ sums / (drawn @ counts)))
    r = [
        np.corrcoef((one - start).ravel(), (other - start).ravel())[0, 1]
        for one, other, start in zip(guess, true, starts, strict=True)
    ]
    assert of["m", "roll_out_delta_pearson"]["value"] == pytest.approx(np.mean(r))
    assert of["still", "roll_out_delta_pearson"]["value"] == 0
    assert rmse["groups"] == of["still", "roll_out_rmse"]["groups"]


def test_coverage_over_time_is_of_all_levels_of_all_series() -> None:
    rng = np.random.default_rng(3)
    true, courses, half = ([rng.normal(size=(times, 3)) for times in (2, 4)] for _ in range(3))
    half = [np.abs(of) for of in half]
    given = np.zeros((2, 3)), ["a", "b"], SPEC, "waves"
    sd = np.array([1.0, 2, 4])
    within = [Interval(one - of, one + of, sd) for one, of in zip(courses, half, strict=True)]
    rows = score_roll_outs(true, {"m": courses, "rule": courses}, *given, {"m": within})
    (found,) = [row for row in rows if row["metric"] == "roll_out_coverage"]
    (wide,) = [row for row in rows if row["metric"] == "roll_out_width"]
    assert wide["model"] == "m" and wide["value"] == pytest.approx((2 * np.concatenate(half) / sd).mean())
    inside = [np.abs(one - other) <= of for one, other, of in zip(courses, true, half, strict=True)]
    assert found["model"] == "m"
    assert found["value"] == pytest.approx(np.concatenate(inside).mean()) and 0 < found["value"] < 1
