"""A ranking of edges against the edges that there are: with ties, with gaps, over targets drawn again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from workflow_scripts.evaluation.edges import Ranked, rank, score_edges
from workflow_scripts.evaluation.intervals import draws
from workflow_scripts.evaluation.metrics import EDGES, scorers

GENES = [f"G{place:02d}" for place in range(12)]
SPEC = {"edges_per_gene": 2, "seed": 3, "bootstrap_samples": 40}
PAIRS = [(source, target) for source in GENES for target in GENES if source != target]


@pytest.fixture
def truth() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(PAIRS, columns=["source", "target"])
    return table.assign(present=rng.random(len(table)) < 0.15, sign=0).sample(frac=1, random_state=1)


def edges(weights: np.ndarray) -> pd.DataFrame:
    """Edges of weights in the order of `PAIRS`; what weighs nothing has no row."""
    table = pd.DataFrame(PAIRS, columns=["source", "target"]).assign(weight=weights.astype(float), sign=0)
    return table.assign(probability=np.nan)[weights > 0].sort_values("weight", ascending=False)


def tied(truth: pd.DataFrame) -> np.ndarray:
    """Weights of few values, most of them 0, that know a little of the truth."""
    rng, present = np.random.default_rng(2), truth.set_index(["source", "target"])["present"][PAIRS].to_numpy()
    return np.maximum(rng.integers(-4, 4, len(PAIRS)) + 2 * present, 0)


def lookup(rows: list[dict], model: str) -> dict[str, dict]:
    return {row["metric"]: row for row in rows if row["model"] == model}


def brute(present: np.ndarray, weights: np.ndarray, count: int, rng: np.random.Generator) -> float:
    """True edges among the first `count`, mean over orders of equal ones."""
    hits = []
    for _ in range(4000):
        order = np.lexsort([rng.random(len(weights)), -weights])
        hits.append(present[order[:count]].sum())
    return float(np.mean(hits))


def test_areas_are_those_of_scikit_learn_and_shares_those_of_random_orders(truth: pd.DataFrame) -> None:
    weights = tied(truth)
    of = lookup(score_edges(truth, {"some": edges(weights)}, SPEC, "test"), "some")
    present = truth.set_index(["source", "target"])["present"][PAIRS].to_numpy()
    assert of["aupr"]["value"] == pytest.approx(average_precision_score(present, weights))
    assert of["auroc"]["value"] == pytest.approx(roc_auc_score(present, weights))
    hits = brute(present, weights, 24, np.random.default_rng(5))
    assert of["edge_precision"]["value"] == pytest.approx(hits / 24, abs=0.005)
    assert of["edge_recall"]["value"] == pytest.approx(hits / present.sum(), abs=0.005)
    assert of["edge_f1"]["value"] == pytest.approx(2 * hits / (24 + present.sum()), abs=0.005)
    early = brute(present, weights, int(present.sum()), np.random.default_rng(6)) / present.sum()
    assert of["early_precision"]["value"] == pytest.approx(early, abs=0.01)
    assert all(row["n"] == len(PAIRS) and row["level"] == "pooled" and row["task"] == EDGES for row in of.values())


def test_resamples_count_the_edges_of_a_target_as_often_as_it_was_drawn(truth: pd.DataFrame) -> None:
    weights = tied(truth)
    of = lookup(score_edges(truth, {"some": edges(weights)}, SPEC, "test"), "some")
    drawn = draws(len(GENES), SPEC["bootstrap_samples"], SPEC["seed"]).astype(int)
    present = truth.set_index(["source", "target"])["present"][PAIRS].to_numpy()
    target = np.array([GENES.index(name) for _, name in PAIRS])
    for at, times in enumerate(drawn[:15]):
        counts = times[target]
        repeated, strong = np.repeat(present, counts), np.repeat(weights, counts)
        weighted = average_precision_score(present, weights, sample_weight=counts)
        assert of["aupr"]["replicates"][at] == pytest.approx(weighted)
        assert weighted == pytest.approx(average_precision_score(repeated, strong))
        assert of["auroc"]["replicates"][at] == pytest.approx(roc_auc_score(present, weights, sample_weight=counts))
    assert of["aupr"]["ci_low"] < of["aupr"]["value"] < of["aupr"]["ci_high"]


def test_an_order_without_information_has_the_share_of_true_edges(truth: pd.DataFrame) -> None:
    of = lookup(score_edges(truth, {"random": edges(np.ones(len(PAIRS)))}, SPEC, "test"), "random")
    share = truth["present"].mean()
    for metric in ("aupr", "edge_precision", "early_precision"):
        assert of[metric]["value"] == pytest.approx(share)
    assert of["auroc"]["value"] == 0.5


def test_how_many_edges_are_named_does_not_follow_from_the_truth(truth: pd.DataFrame) -> None:
    """A perfect ranking has F1 below 1 where another number of edges was said beforehand."""
    present = truth.set_index(["source", "target"])["present"][PAIRS].to_numpy()
    assert present.sum() < 24
    rows = score_edges(truth, {"perfect": edges(present + 0.0)}, SPEC, "test")
    of = {metric: row["value"] for metric, row in lookup(rows, "perfect").items()}
    assert of["edge_precision"] == pytest.approx(present.sum() / 24) and of["edge_recall"] == 1
    assert of["edge_f1"] == pytest.approx(2 * present.sum() / (24 + present.sum()))
    assert of["early_precision"] == of["aupr"] == of["auroc"] == 1


def test_only_candidate_edges_count_and_models_are_paired(truth: pd.DataFrame) -> None:
    candidates = truth[truth["source"].isin(GENES[:4])]
    weights = tied(truth)
    rows = score_edges(candidates, {"one": edges(weights), "other": edges(weights[::-1])}, SPEC, "test")
    one, other = lookup(rows, "one"), lookup(rows, "other")
    kept = np.array([source in GENES[:4] for source, _ in PAIRS])
    present = truth.set_index(["source", "target"])["present"][PAIRS].to_numpy()
    assert one["aupr"]["value"] == pytest.approx(average_precision_score(present[kept], weights[kept]))
    assert one["aupr"]["n"] == kept.sum() and one["aupr"]["groups"] == other["aupr"]["groups"]
    assert (
        one["aupr"]["groups"]
        != lookup(score_edges(truth, {"one": edges(weights)}, SPEC, "test"), "one")["aupr"]["groups"]
    )


def test_source_and_target_are_not_taken_for_each_other() -> None:
    pairs = [(a, b) for a in "ABC" for b in "ABC" if a != b]
    truth = pd.DataFrame(pairs, columns=["source", "target"]).assign(sign=0)
    truth["present"] = [pair == ("A", "B") for pair in pairs]
    for pair, value in ((("A", "B"), 1.0), (("B", "A"), 1 / 6)):
        named = pd.DataFrame([pair], columns=["source", "target"]).assign(weight=1.0)
        rows = score_edges(truth, {"m": named}, SPEC, "test")
        assert lookup(rows, "m")["aupr"]["value"] == pytest.approx(value)


def test_the_order_of_edges_of_one_weight_says_nothing_and_blocks_do_not_show(monkeypatch) -> None:
    rng = np.random.default_rng(8)
    weights, present, target = rng.integers(0, 3, 60) / 3, rng.random(60) < 0.3, np.tile(np.arange(6), 10)
    drawn = draws(6, 30, 1)
    first, order = rank(weights, present, target, drawn, 7), rng.permutation(60)
    monkeypatch.setattr("workflow_scripts.evaluation.edges.AT_ONCE", 200)
    second = rank(weights[order], present[order], target[order], drawn, 7)
    for one, other in zip(first, second, strict=True):
        assert one == pytest.approx(other) and one.shape == (30,)


def test_a_resample_without_a_true_edge_is_undefined() -> None:
    none = Ranked(*(np.zeros(1) for _ in range(5)), np.ones(1), np.ones(1))
    values = {metric: score(none)[0] for (_, metric), score in scorers(EDGES).items()}
    assert np.isnan([values[name] for name in ("aupr", "auroc", "edge_recall", "early_precision")]).all()
    assert values["edge_precision"] == values["edge_f1"] == 0
