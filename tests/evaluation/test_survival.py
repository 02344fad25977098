"""Who lives longer: pairs counted one by one, Cox's likelihood written out, and labels kept apart."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from workflow_scripts.evaluation.embedding import score_vectors
from workflow_scripts.evaluation.survival import compared, concordance, count, fit_cox, score_survival

SPEC = {"seed": 1, "bootstrap_samples": 60, "penalties": [0.01, 0.1, 1.0], "max_samples": 1000}


def patients(
    samples: int = 240, effect: float = 1.5, dims: int = 4, seed: int = 0, whole_days: bool = True
) -> tuple[np.ndarray, pd.DataFrame]:
    """Patients of two labels, one of which lives much longer; the first coordinate tells the hazard within a label."""
    rng = np.random.default_rng(seed)
    label = np.arange(samples) % 2
    x = rng.normal(size=(samples, dims)).astype(np.float32)
    time = rng.exponential(np.exp(-effect * x[:, 0]) * np.where(label, 50, 5))
    end = rng.exponential(30, samples)
    table = pd.DataFrame(
        {
            "corpus": "made",
            "split": np.array(["train", "train", "validation", "test"])[np.arange(samples) // 2 % 4],
            "group": [f"P{row // 3:03d}" for row in range(samples)],
            "label": np.array(["ant", "bee"])[label],
            "time": np.ceil(np.minimum(time, end)) if whole_days else np.minimum(time, end),
            "event": time <= end,
        },
        index=[f"S{row:03d}" for row in range(samples)],
    )
    return x, table


def by_hand(risk: np.ndarray, samples: pd.DataFrame) -> float:
    """Harrell's C over all pairs of one label, one after the other."""
    right = pairs = 0.0
    rows = list(zip(risk, samples["label"], samples["time"], samples["event"], strict=True))
    for (r, label, time, event), (s, other, longer, died) in permutations(rows, 2):
        known = event and (time < longer or (time == longer and not died))
        if known and label == other:
            pairs += 1
            right += 1 if r > s else 0.5 if r == s else 0
    return right / pairs


def test_concordance_counts_pairs_of_one_label_with_ties_of_time_and_of_risk() -> None:
    x, samples = patients(80)
    risk = np.round(x[:, 0].astype(float))  # many are equal
    assert samples["time"].duplicated().sum() > 20
    assert float(concordance(count(risk, compared(samples)))) == pytest.approx(by_hand(risk, samples))
    assert float(concordance(count(np.zeros(80), compared(samples)))) == 0.5


def naive_likelihood(weights: np.ndarray, x: np.ndarray, samples: pd.DataFrame) -> float:
    """The log partial likelihood, Breslow's, as it stands in books."""
    risk, total = x @ weights, 0.0
    label, time, event = (samples[name].to_numpy() for name in ("label", "time", "event"))
    for at in np.flatnonzero(event):
        at_risk = (time >= time[at]) & (label == label[at])
        total += risk[at] - np.log(np.exp(risk[at_risk]).sum())
    return total / event.sum()


@pytest.mark.parametrize("penalty", [0.01, 1.0])
def test_weights_are_the_best_of_the_penalized_partial_likelihood(penalty: float) -> None:
    x, samples = patients(60, dims=2)
    size = np.sqrt(np.square(x).sum(1).mean())

    def loss(weights: np.ndarray) -> float:
        return penalty * weights @ weights / 2 - naive_likelihood(weights, x / size, samples)

    best = minimize(loss, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-12}).x / size
    np.testing.assert_allclose(fit_cox(x, samples, penalty), best, atol=2e-4)
    assert samples["time"].duplicated().any() and abs(best[0]) > 0.1


def test_more_coordinates_than_samples_have_the_same_fit() -> None:
    """Coordinates turned into a space of many more: the weights turn with them."""
    x, samples = patients(40)
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(90, 4)))[0]
    wide = fit_cox(x @ turn.T, samples, 0.1)
    np.testing.assert_allclose(wide, turn @ fit_cox(x, samples, 0.1), atol=1e-3)


def test_a_hazard_is_found_and_chance_is_half() -> None:
    x, samples = patients()
    values = {row["split"]: row for row in score_survival("one", x, samples, SPEC)}
    assert values["test"]["metric"] == "concordance" and values["test"]["task"] == "survival"
    assert values["test"]["value"] > 0.75 and values["test"]["ci_low"] > 0.5
    noise = np.random.default_rng(5).normal(size=x.shape).astype(np.float32)
    none = {row["split"]: row for row in score_survival("one", noise, samples, SPEC)}["test"]
    assert none["ci_low"] < 0.5 < none["ci_high"]


def test_telling_labels_apart_is_no_prognosis() -> None:
    """One label lives ten times as long; a coordinate that tells the label says nothing of two patients of one."""
    x, samples = patients(effect=0)
    told = np.where(samples["label"] == "ant", 1, -1)[:, None].astype(np.float32)
    assert {row["value"] for row in score_survival("one", told, samples, SPEC)} == {0.5}
    assert fit_cox(told, samples, 0.01) == pytest.approx(0, abs=1e-6)


def test_the_penalty_is_chosen_on_validation_and_the_strongest_of_equals() -> None:
    x, samples = patients(effect=0.5, dims=60)
    rows = score_survival("one", x, samples, SPEC)
    train, validation = ((samples["split"] == name).to_numpy() for name in ("train", "validation"))
    found = {}
    for penalty in SPEC["penalties"]:
        weights = fit_cox(x[train], samples[train], penalty)
        found[penalty] = by_hand(x[validation] @ weights, samples[validation]), weights
    best = max(found, key=lambda penalty: (found[penalty][0], penalty))
    assert len({score for score, _ in found.values()}) > 1
    test = (samples["split"] == "test").to_numpy()
    values = {row["split"]: row["value"] for row in rows}
    assert values["validation"] == pytest.approx(found[best][0])
    assert values["test"] == pytest.approx(by_hand(x[test] @ found[best][1], samples[test]))
    other = score_survival("one", np.where(test[:, None], -x, x), samples, SPEC)
    assert {row["split"]: row["value"] for row in other}["validation"] == values["validation"]


def test_a_resample_counts_the_pairs_of_the_groups_that_were_drawn() -> None:
    x, samples = patients(120)
    (row,) = (row for row in score_survival("one", x, samples, SPEC) if row["split"] == "test")
    train, test = ((samples["split"] == name).to_numpy() for name in ("train", "test"))
    weights = next(
        of for of in (fit_cox(x[train], samples[train], penalty) for penalty in SPEC["penalties"])
        if by_hand(x[test] @ of, samples[test]) == pytest.approx(row["value"])
    )  # fmt: skip
    scored, risk = samples[test], x[test] @ weights
    codes = pd.factorize(scored["group"], sort=True)[0]
    groups = codes.max() + 1
    drawn = np.random.default_rng(1).multinomial(groups, np.full(groups, 1 / groups), 60)
    for draw, replicate in list(zip(drawn, row["replicates"], strict=True))[:5]:
        again = np.repeat(np.arange(len(scored)), draw[codes])
        assert replicate == pytest.approx(by_hand(risk[again], scored.iloc[again]))


def test_survival_is_scored_where_something_is_known_of_it_alone() -> None:
    x, samples = patients()
    clinical = samples[["time", "event"]]
    known = samples.drop(columns=["time", "event"])

    def tasks(of: pd.DataFrame | None) -> set[str]:
        return {row["task"] for row in score_vectors("one", x, known, SPEC, of, SPEC["penalties"])}

    assert tasks(clinical) == {"clustering", "survival"}
    assert tasks(None) == tasks(clinical.iloc[:0]) == tasks(clinical[samples["split"] != "test"]) == {"clustering"}
    assert tasks(clinical.assign(event=False)) == {"clustering"}
    (row,) = (
        row for row in score_vectors("one", x, known, SPEC, clinical.iloc[::2], SPEC["penalties"])
        if row["task"] == "survival" and row["split"] == "test"
    )  # fmt: skip
    assert row["n"] == (samples["split"].iloc[::2] == "test").sum()
