"""Scores of predicted changes of expression, each held against a formula, and between the two that frame it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import pearsonr

from workflow_scripts.evaluation.effects import Truth, score_effects, score_seeds

SPEC = {"seed": 1, "bootstrap_samples": 200}


@pytest.fixture(scope="module")
def truth() -> Truth:
    """Six perturbations, one of them in two contexts; of each the first genes are perturbed."""
    rng = np.random.default_rng(0)
    change = rng.normal(0, 1, (7, 9))
    noise = rng.normal(0, 0.3, (2, 7, 9))
    perturbed = np.eye(7, 9, dtype=bool)
    name = np.array(["A", "B", "C", "D", "E", "F", "A"])
    context = np.array(["x"] * 6 + ["y"])
    mean = np.tile(change.mean(0), (7, 1)) + 0.1 * rng.normal(0, 1, (7, 9))
    return Truth(change, change + noise, mean, perturbed, context, name)


def table(rows: list[dict[str, Any]], column: str = "value") -> pd.DataFrame:
    return pd.DataFrame(rows).pivot(index=["dataset", "model"], columns="metric", values=column)


def by_formula(truth: Truth, guess: np.ndarray, true: np.ndarray) -> dict[str, float]:
    """The scores of one prediction, row by row."""
    rows = []
    for row in range(len(true)):
        kept = ~truth.perturbed[row]
        mine = {
            "l2": np.sqrt(((guess[row] - true[row])[kept] ** 2).sum()),
            "delta": pearsonr(guess[row][kept], true[row][kept])[0],
        }
        off = (guess - truth.mean)[row][kept]
        mine["beyond"] = pearsonr(off, (true - truth.mean)[row][kept])[0] if np.ptp(off) > 0 else 0.0
        others = [at for at in range(len(true)) if at != row and truth.context[at] == truth.context[row]]
        nearer, farther = [], []
        for other in others:
            both = kept & ~truth.perturbed[other]
            own = ((guess[row] - true[row])[both] ** 2).sum()
            nearer.append(((guess[other] - true[row])[both] ** 2).sum() < own)
            farther.append(((guess[row] - true[other])[both] ** 2).sum() > own)
        mine |= {"rank": np.mean(nearer), "centroid": np.mean(farther)} if others else {}
        rows.append(mine)
    found = pd.DataFrame(rows).mean().to_dict()
    return found | {"mse": float(((guess - true)[~truth.perturbed] ** 2).mean())}


NAMES = {
    "mse": "effect_mse",
    "l2": "effect_l2",
    "delta": "effect_delta_pearson",
    "beyond": "effect_pearson_beyond_mean",
    "rank": "effect_rank",
    "centroid": "effect_centroid_accuracy",
}


def test_scores_are_those_of_the_formulas_and_calibrated_between_mean_and_ceiling(truth: Truth) -> None:
    guess = 0.7 * truth.change + 0.5 * np.random.default_rng(3).normal(0, 1, truth.change.shape)
    found = table(score_effects(truth, {"m": guess, "train_mean": truth.mean}, "t", SPEC, "d")).loc["d"]
    own, mean = by_formula(truth, guess, truth.change), by_formula(truth, truth.mean, truth.change)
    ceiling = by_formula(truth, *truth.halves)
    for short, name in NAMES.items():
        assert found.loc["m", name] == pytest.approx(own[short])
        assert found.loc["split_half", name] == pytest.approx(ceiling[short])
        calibrated = name.replace("effect", "calibrated")
        expected = (own[short] - mean[short]) / (ceiling[short] - mean[short])
        assert found.loc["m", calibrated] == pytest.approx(expected), name
        assert found.loc["train_mean", calibrated] == pytest.approx(0, abs=1e-12)
        assert found.loc["split_half", calibrated] == pytest.approx(1)


def test_what_is_perturbed_is_in_no_score(truth: Truth) -> None:
    other = truth.change + 50 * truth.perturbed
    rows = [table(score_effects(truth, {"m": guess}, "t", SPEC, "d")) for guess in (truth.change, other)]
    pd.testing.assert_frame_equal(*rows)
    assert rows[0].loc[("d", "m"), "effect_mse"] == 0


def test_a_ceiling_that_is_no_better_than_the_mean_calibrates_nothing(truth: Truth) -> None:
    noisy = truth._replace(halves=truth.halves + np.random.default_rng(1).normal(0, 9, truth.halves.shape))
    found = table(score_effects(noisy, {"m": truth.change}, "t", SPEC, "d")).loc[("d", "m")]
    assert found[["calibrated_mse", "calibrated_l2", "calibrated_delta_pearson"]].isna().all()
    assert found["effect_mse"] == 0


def test_each_context_is_a_data_set_of_its_own_and_contexts_are_not_ranked_together(truth: Truth) -> None:
    found = table(score_effects(truth, {"m": truth.change}, "t", SPEC, "d"))
    assert set(found.index.get_level_values("dataset")) == {"d", "d, x", "d, y"}
    assert np.isnan(found.loc[("d, y", "m"), "effect_rank"])  # one alone in its context
    alone = truth._replace(context=np.array(["x"] * 7))
    assert set(pd.DataFrame(score_effects(alone, {"m": truth.change}, "t", SPEC, "d"))["dataset"]) == {"d"}


def test_whole_perturbations_are_drawn_and_models_share_the_draws(truth: Truth) -> None:
    rows = score_effects(truth, {"m": 0.5 * truth.change, "n": truth.mean}, "t", SPEC, "d")
    of = {row["model"]: row for row in rows if row["dataset"] == "d" and row["metric"] == "effect_l2"}
    assert len({row["groups"] for row in of.values()}) == 1 and of["m"]["n"] == 7 and of["m"]["task"] == "t"
    assert of["m"]["ci_low"] < of["m"]["value"] < of["m"]["ci_high"]
    draws = np.random.default_rng(1).multinomial(6, np.full(6, 1 / 6), 200)
    size = np.sqrt(np.where(truth.perturbed, 0, (0.5 * truth.change) ** 2).sum(1))
    sums = np.array([size[0] + size[6], *size[1:6]])
    expected = draws @ sums / (draws @ np.array([2, 1, 1, 1, 1, 1]))
    np.testing.assert_allclose(of["m"]["replicates"], expected)


def test_the_spread_over_seeds_is_the_standard_deviation_of_each_metric(truth: Truth) -> None:
    seeds = [0.5 * truth.change, 0.9 * truth.change, truth.change + 0.2]
    rows = pd.DataFrame(score_seeds(truth, {"m": seeds}, "t", "d"))
    found = rows[rows["dataset"] == "d"].set_index("metric")
    each = [by_formula(truth, guess, truth.change) for guess in seeds]
    for short, name in NAMES.items():
        expected = np.std([scores[short] for scores in each], ddof=1)
        assert found.loc[f"seed_sd:{name}", "value"] == pytest.approx(expected, abs=1e-12)
    assert set(found["n"]) == {3} and found["ci_low"].isna().all() and len(found) == 12
