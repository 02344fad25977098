"""Scores of called starts: distances counted otherwise, AUPRC as scikit-learn has it, resamples of whole windows."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from workflow_scripts.evaluation.intervals import draws
from workflow_scripts.evaluation.starts import score_distances, score_ranking

SPEC = {"seed": 3, "bootstrap_samples": 30}
ROW = {"model": "m", "dataset": "d", "split": "test"}


def by_metric(rows: list[dict]) -> dict[str, dict]:
    return {row["metric"]: row for row in rows}


def test_distances_by_hand() -> None:
    distances = np.array([0.5, 50.0, 50.5, 100.0, 100.5, 400.0])
    rows = by_metric(score_distances(distances, list("abcdef"), np.array(list("XXYYZZ")), SPEC, **ROW))
    assert {name: row["value"] for name, row in rows.items()} == {
        "start_distance": 75.25,
        "start_within_50": pytest.approx(2 / 6),
        "start_within_100": pytest.approx(4 / 6),
    }
    assert {row["n"] for row in rows.values()} == {6} and {row["task"] for row in rows.values()} == {"starts of genes"}


def test_resamples_are_of_whole_windows() -> None:
    rng = np.random.default_rng(1)
    windows, distances = rng.choice(list("PQRST"), 40), np.round(rng.gamma(1, 80, 40))
    rows = by_metric(score_distances(distances, [f"g{n}" for n in range(40)], windows, SPEC, **ROW))
    scores, starts = np.round(rng.normal(size=40), 1), rng.random(40) < 0.3
    ranked = by_metric(score_ranking(scores, starts, windows, SPEC, **ROW))
    assert ranked["start_auprc"]["n"] == 5
    for drawn in range(30):
        times = draws(5, 30, 3)[drawn].astype(int)
        again = np.concatenate(
            [np.repeat(np.flatnonzero(windows == name), n) for name, n in zip("PQRST", times, strict=True)]
        )
        for name, of in (
            ("start_distance", np.median(distances[again])),
            ("start_within_50", (distances[again] <= 50).mean()),
            ("start_within_100", (distances[again] <= 100).mean()),
        ):
            assert rows[name]["replicates"][drawn] == pytest.approx(of)
        expected = average_precision_score(starts[again], scores[again])
        assert ranked["start_auprc"]["replicates"][drawn] == pytest.approx(expected)


def test_auprc_is_that_of_scikit_learn_with_ties_and_nothing_without_starts() -> None:
    rng = np.random.default_rng(2)
    starts = rng.random(3000) < 0.05
    scores, windows = np.round(rng.normal(size=3000) + starts, 1), np.repeat([f"w{n:02d}" for n in range(30)], 100)
    (row,) = score_ranking(scores, starts, windows, SPEC, **ROW)
    assert row["value"] == pytest.approx(average_precision_score(starts, scores))
    assert row["ci_low"] < row["value"] < row["ci_high"]
    (none,) = score_ranking(scores, np.zeros(3000, bool), windows, SPEC, **ROW)
    assert np.isnan(none["value"])
