"""Scores of imputation are those of the textbook, and their intervals hold the truth as often as they say."""

from __future__ import annotations

import numpy as np
import pytest

from workflow_scripts.evaluation.reconstruction import Reconstruction
from workflow_scripts.evaluation.sums import pearson

SPEC = {"seed": 1, "bootstrap_samples": 100}


def rows_of(mean, true, predicted, hidden=None, blocks=None, spec=SPEC) -> dict[tuple[str, str], dict]:
    """Rows of Replicates by (level, metric); all values hidden and each sample a block, if not said otherwise."""
    true, predicted = np.asarray(true, float), np.asarray(predicted, float)
    sums = Reconstruction(np.asarray(mean, float))
    hidden = np.isfinite(true) if hidden is None else np.asarray(hidden, bool)
    sums.add(true, predicted, hidden, np.arange(len(true)) if blocks is None else np.asarray(blocks))
    return {(row["level"], row["metric"]): row for row in sums.rows(spec, model="m")}


def test_numbers_of_four_values_are_those_made_on_paper() -> None:
    rows = rows_of(mean=[2, 2], true=[[1, 3], [3, 5]], predicted=[[2, 2], [2, 4]])
    values = {place: row["value"] for place, row in rows.items()}
    assert values["pooled", "rmse"] == pytest.approx(1)  # every error is 1
    assert values["pooled", "skill"] == pytest.approx(1 - 4 / 12)  # the means are off by 1, 1, 1 and 3
    assert values["pooled", "pearson"] == pytest.approx(4 / np.sqrt(3 * 8))
    assert np.isnan(values["per_gene", "pearson"]) and np.isnan(values["per_sample", "pearson"])  # two values each
    counts = {place: row["n"] for place, row in rows.items()}
    assert counts["pooled", "rmse"] == 4 and counts["per_gene", "pearson"] == counts["per_sample", "pearson"] == 0


def test_a_gene_or_sample_needs_three_hidden_values_for_a_correlation() -> None:
    """Two values always correlate perfectly; were they counted, the median and mean would be 1 or -1."""
    true = np.array([[1, 5, 3], [2, 4, 9], [4, 6, 5]])
    predicted = np.array([[3, 1, 2], [1, 2, 8], [2, 9, 4]])
    hidden = np.array([[1, 1, 1], [1, 1, 0], [1, 0, 0]], bool)
    rows = rows_of([2, 5, 5], true, predicted, hidden)
    gene, sample = rows["per_gene", "pearson"], rows["per_sample", "pearson"]
    assert (gene["n"], sample["n"]) == (1, 1)
    assert gene["value"] == pytest.approx(np.corrcoef(true[:, 0], predicted[:, 0])[0, 1])
    assert sample["value"] == pytest.approx(np.corrcoef(true[0], predicted[0])[0, 1])


def test_numbers_equal_those_computed_at_once() -> None:
    generator = np.random.default_rng(2)
    true = 4 + generator.normal(size=(20, 30))
    true[::3, 4] = np.nan
    mean = np.nanmean(true, 0) + 0.1
    hidden = np.isfinite(true) & (generator.random(true.shape) > 0.3)
    predicted = np.nan_to_num(true) + generator.normal(size=true.shape)
    sums = Reconstruction(mean)
    for part in (slice(0, 7), slice(7, None)):
        sums.add(true[part], predicted[part], hidden[part], np.arange(20)[part] // 2)
    found = {(row["level"], row["metric"]): row for row in sums.rows(SPEC, model="m")}
    error = np.square(predicted - true)[hidden]
    genes = [np.corrcoef(predicted[at, gene], true[at, gene])[0, 1] for gene, at in enumerate(hidden.T)]
    samples = [np.corrcoef(predicted[row, at], true[row, at])[0, 1] for row, at in enumerate(hidden)]
    expected = {
        ("pooled", "pearson"): (np.corrcoef(predicted[hidden], true[hidden])[0, 1], hidden.sum()),
        ("pooled", "rmse"): (np.sqrt(error.mean()), hidden.sum()),
        ("pooled", "skill"): (1 - error.mean() / np.square(mean - true)[hidden].mean(), hidden.sum()),
        ("per_gene", "pearson"): (np.median(genes), len(genes)),
        ("per_sample", "pearson"): (np.mean(samples), len(samples)),
    }
    assert found.keys() == expected.keys()
    for place, (value, n) in expected.items():
        assert found[place]["value"] == pytest.approx(value, rel=1e-6), place
        assert found[place]["n"] == n, place
        assert found[place]["ci_low"] < value < found[place]["ci_high"], place


def test_a_resample_is_scored_as_its_samples_would_be() -> None:
    """Of two blocks a resample is one of three: the first twice, each once, the second twice."""
    generator = np.random.default_rng(0)
    mean, true, predicted = np.zeros(5), generator.normal(size=(6, 5)), generator.normal(size=(6, 5))
    blocks = np.array([0, 0, 0, 1, 1, 1])
    rows = rows_of(mean, true, predicted, blocks=blocks)
    orders = ([0, 1, 2, 0, 1, 2], range(6), [3, 4, 5, 3, 4, 5])
    possible = [rows_of(mean, true[list(order)], predicted[list(order)]) for order in orders]
    for place, row in rows.items():
        expected = sorted({round(of[place]["value"], 9) for of in possible})
        assert sorted(set(np.round(row["replicates"], 9))) == pytest.approx(expected), place
        assert len(expected) == 3


def test_the_seed_decides_the_resamples() -> None:
    generator = np.random.default_rng(0)
    data = np.zeros(4), generator.normal(size=(9, 4)), generator.normal(size=(9, 4))
    first, again, other = (rows_of(*data, spec={**SPEC, "seed": seed})["pooled", "rmse"] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first["replicates"], again["replicates"])
    assert not np.array_equal(first["replicates"], other["replicates"])


def test_one_block_alone_has_no_interval() -> None:
    generator = np.random.default_rng(0)
    rows = rows_of(np.zeros(4), generator.normal(size=(9, 4)), generator.normal(size=(9, 4)), blocks=np.zeros(9, int))
    assert all(np.isfinite(row["value"]) and np.isnan([row["ci_low"], row["ci_high"]]).all() for row in rows.values())


def test_the_interval_per_gene_holds_the_truth_so_often() -> None:
    """95 percent of experiments; one standard deviation in place of 1.96 would hold it in 68."""
    generator = np.random.default_rng(0)
    truth, samples, genes = 0.6, 60, 15
    held = 0
    for _ in range(60):
        true = generator.normal(size=(samples, genes))
        predicted = truth * true + np.sqrt(1 - truth**2) * generator.normal(size=true.shape)
        row = rows_of(np.zeros(genes), true, predicted)["per_gene", "pearson"]
        held += row["ci_low"] <= truth <= row["ci_high"]
    assert held / 60 > 0.85


@pytest.mark.parametrize("sign", [1, -1])
def test_no_interval_of_a_correlation_leaves_its_range(sign: int) -> None:
    """The normal interval of a median near 1 or -1, over few samples that differ much."""
    generator = np.random.default_rng(0)
    true = generator.normal(size=(8, 3)) * np.array([[10, 1, 1, 1, 1, 1, 1, 1]]).T
    predicted = true + np.array([[0, 2, 0, 0, 2, 0, 0, 2]]).T * generator.normal(size=true.shape)
    row = rows_of(np.zeros(3), true, sign * predicted)["per_gene", "pearson"]
    assert abs(row["value"] + sign * 1.96 * np.nanstd(row["replicates"])) > 1
    assert row["ci_high" if sign > 0 else "ci_low"] == sign


def test_perfect_predictions_have_no_error() -> None:
    """Also where sums round to an error below 0."""
    true = np.random.default_rng(0).uniform(0, 12, size=(40, 3))
    rows = rows_of(np.full(3, 0.1), true, true)
    for metric, value in (("rmse", 0), ("skill", 1), ("pearson", 1)):
        row = rows["pooled", metric]
        np.testing.assert_allclose([row["value"], row["ci_low"], row["ci_high"], *row["replicates"]], value, atol=1e-6)


def test_what_does_not_vary_has_no_correlation() -> None:
    """Constants that rounding blurs would otherwise correlate with anything."""
    true = np.random.default_rng(0).normal(size=(5, 4)) + 8.1
    rows = rows_of(np.full(4, 8.0), true, np.full((5, 4), 8.3))
    assert all(np.isnan(rows[level, "pearson"]["value"]) for level in ("pooled", "per_gene", "per_sample"))
    assert np.isfinite(rows["pooled", "rmse"]["value"])


def test_nothing_hidden_gives_no_number_rather_than_zero() -> None:
    rows = rows_of(np.zeros(3), np.ones((2, 3)), np.ones((2, 3)), hidden=np.zeros((2, 3)))
    assert all(np.isnan(row["value"]) and np.isnan(row["ci_low"]) and row["n"] == 0 for row in rows.values())
    assert Reconstruction(np.zeros(3)).rows(SPEC, model="m") == []


def test_zeros_have_no_correlation_and_divide_by_nothing() -> None:
    with np.errstate(all="raise"):
        assert np.isnan(pearson(np.array([3.0, 0, 1, 0, 2, 0]))) and np.isnan(pearson(np.array([3.0, 1, 0, 2, 0, 0])))
