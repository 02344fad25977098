"""How well scores rank pairs: each metric counted otherwise, with ties, and in resamples of genes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

from workflow_scripts.evaluation.comparisons import compare
from workflow_scripts.evaluation.intervals import draws
from workflow_scripts.evaluation.links import precision_recall, rank, score_links

SPEC = {"seed": 3, "bootstrap_samples": 40}


def pairs(number: int = 200, genes: int = 30, seed: int = 0) -> tuple[np.ndarray, pd.DataFrame]:
    """Scores with many ties, and the pairs that they are of."""
    rng = np.random.default_rng(seed)
    regulated = rng.random(number) < 0.15
    scores = np.round(rng.normal(size=number) + regulated, 1)
    table = pd.DataFrame(
        {
            "chrom": "chr1",
            "start": np.arange(number) * 1000,
            "end": np.arange(number) * 1000 + 500,
            "gene": [f"G{gene}" for gene in rng.integers(0, genes, number)],
            "regulated": pd.array(regulated, dtype="boolean"),
        }
    )
    return scores, table


def precision_at(scores: np.ndarray, regulated: np.ndarray) -> float:
    """From the highest score down until 70 % of the regulated pairs are found."""
    for threshold in sorted(set(scores), reverse=True):
        taken = scores >= threshold
        if regulated[taken].sum() >= 0.7 * regulated.sum():
            return regulated[taken].mean()
    raise AssertionError


def test_each_metric_is_that_of_scikit_learn_also_of_pairs_that_count_twice_or_not_at_all() -> None:
    scores, table = pairs()
    regulated = table["regulated"].to_numpy(bool)
    times = np.random.default_rng(1).integers(0, 4, (5, len(scores))).astype(float)
    times[0] = 1
    found = rank(scores, regulated, times)
    for place, of in enumerate(times.astype(int)):
        many, truth = np.repeat(scores, of), np.repeat(regulated, of)
        assert found.average_precision[place] == pytest.approx(average_precision_score(truth, many))
        assert found.auroc[place] == pytest.approx(roc_auc_score(truth, many))
        assert found.precision_at_recall[place] == pytest.approx(precision_at(many, truth))


def test_no_information_is_the_prevalence_and_one_half_and_a_perfect_ranking_is_one() -> None:
    _, table = pairs()
    regulated = table["regulated"].to_numpy(bool)
    flat = rank(np.zeros(200), regulated, np.ones(200))
    assert (flat.average_precision, flat.auroc) == (pytest.approx(regulated.mean()), pytest.approx(0.5))
    assert tuple(rank(regulated.astype(float), regulated, np.ones(200))) == (1, 1, 1)
    assert np.isnan(rank(np.arange(3.0), np.zeros(3, bool), np.ones(3))).all()


def test_whole_genes_are_drawn() -> None:
    scores, table = pairs()
    rows = {row["metric"]: row for row in score_links(scores, table, SPEC, model="m", dataset="d", split="test")}
    drawn = draws(table["gene"].nunique(), 40, 3).astype(int)
    for at in (0, 17, 39):
        chosen = [
            table.index[table["gene"] == g]
            for g, n in zip(sorted(set(table["gene"])), drawn[at], strict=True)
            for _ in range(n)
        ]
        again = np.concatenate(chosen)
        expected = average_precision_score(table["regulated"].to_numpy(bool)[again], scores[again])
        assert rows["link_auprc"]["replicates"][at] == pytest.approx(expected)
    assert set(rows) == {"link_auprc", "link_auroc", "link_precision"}
    assert all(row["ci_low"] < row["value"] < row["ci_high"] and row["n"] == 200 for row in rows.values())


def test_two_models_are_paired_and_one_of_other_pairs_is_refused() -> None:
    scores, table = pairs()
    better = scores + table["regulated"].to_numpy(float)
    place = {"dataset": "d", "split": "test"}
    good, bad = (
        pd.DataFrame(score_links(s, table, SPEC, model=m, **place)) for m, s in (("good", better), ("bad", scores))
    )
    found = compare(good, bad, "here").set_index("metric")
    assert (found["verdict"] == "ahead").all() and (found["ci_low"] > 0).all()
    with pytest.raises(Exception, match="not scored on the same groups"):
        compare(good, pd.DataFrame(score_links(scores[1:], table.iloc[1:], SPEC, model="bad", **place)), "here")


def test_of_one_gene_there_is_no_interval() -> None:
    scores, table = pairs(genes=1)
    rows = score_links(scores, table, SPEC, model="m", dataset="d", split="test")
    assert all(np.isnan(row["ci_low"]) and np.isfinite(row["value"]) for row in rows)


def test_the_curve_is_that_of_scikit_learn_and_its_area_the_average_precision() -> None:
    scores, table = pairs()
    regulated = table["regulated"].to_numpy(bool)
    recall, precision = precision_recall(scores, regulated)
    expected = precision_recall_curve(regulated, scores)
    np.testing.assert_allclose(precision, expected[0][:-1][::-1])
    np.testing.assert_allclose(recall, expected[1][:-1][::-1])
    area = (np.diff(recall, prepend=0) * precision).sum()
    assert area == pytest.approx(float(rank(scores, regulated, np.ones(len(scores))).average_precision))
