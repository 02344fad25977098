"""A model against a baseline: the paired bootstrap tells what two intervals of their own cannot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workflow_scripts.contracts import comparisons, metrics
from workflow_scripts.evaluation.classification import score_classes
from workflow_scripts.evaluation.comparisons import compare, verdict
from workflow_scripts.evaluation.reconstruction import Reconstruction
from workflow_scripts.io.errors import BadInput

SPEC = {"seed": 1, "bootstrap_samples": 400}
GENES, GROUPS, SAMPLES = 12, 25, 50


def stored(rows: list[dict], folder: Path) -> pd.DataFrame:
    """Replicates as the next rule reads them."""
    metrics.write_replicates(rows, folder / "replicates.parquet")
    return metrics.read_replicates(folder / "replicates.parquet")


def imputed(model: str, worse: float, groups: int = GROUPS) -> list[dict]:
    """Numbers of a model whose errors are `worse` times those of every other; they vary much between groups."""
    generator = np.random.default_rng(0)
    mean = generator.uniform(2, 6, GENES)
    true = mean + generator.normal(size=(SAMPLES, GENES))
    blocks = np.arange(SAMPLES) % groups
    size = generator.exponential(0.5, groups)[blocks, None]
    predicted = true + worse * size * generator.normal(size=true.shape)
    sums = Reconstruction(mean)
    sums.add(true, predicted, np.ones(true.shape, bool), blocks)
    return sums.rows(SPEC, model=model, dataset="mask_0.3", split="test", groups=f"{groups} groups")


def held(model: list[dict], baseline: list[dict], folder: Path) -> pd.DataFrame:
    """Comparisons by (level, metric)."""
    table = compare(stored(model, folder), stored(baseline, folder), "here")
    comparisons.validate(table)
    assert set(table["model"]) == {model[0]["model"]} and set(table["baseline"]) == {baseline[0]["model"]}
    return table.set_index(["level", "metric"])


def test_a_small_constant_advantage_is_seen_although_the_intervals_overlap_widely(tmp_path: Path) -> None:
    better, worse = imputed("a", 1.0), imputed("b", 1.02)
    for one, other in zip(better, worse, strict=True):
        assert max(one["ci_low"], other["ci_low"]) < min(one["value"], other["value"])
        assert max(one["value"], other["value"]) < min(one["ci_high"], other["ci_high"])
    ahead, behind = held(better, worse, tmp_path), held(worse, better, tmp_path)
    for metric in ("rmse", "skill"):  # of an error less is better, of skill more
        place = ("pooled", metric)
        assert (ahead.loc[place, "verdict"], behind.loc[place, "verdict"]) == ("ahead", "behind")
        assert ahead.loc[place, "difference"] == pytest.approx(-behind.loc[place, "difference"])
        assert ahead.loc[place, "ci_low"] == pytest.approx(-behind.loc[place, "ci_high"])
    assert ahead.loc[("pooled", "rmse"), "ci_high"] < 0 < ahead.loc[("pooled", "skill"), "ci_low"]
    assert len(ahead) == len(better)


def test_a_difference_is_that_of_the_values_and_its_interval_that_of_the_resamples(tmp_path: Path) -> None:
    better, worse = imputed("a", 1.0), imputed("b", 1.3)
    table = held(better, worse, tmp_path)
    for one, other in zip(better, worse, strict=True):
        row = table.loc[(one["level"], one["metric"])]
        assert (row["value"], row["baseline_value"]) == (one["value"], other["value"])
        assert row["difference"] == pytest.approx(one["value"] - other["value"])
        resampled = one["replicates"] - other["replicates"]
        ends = np.quantile(resampled, [0.025, 0.975])
        if one["level"] == "per_gene":
            ends = row["difference"] + 1.959964 * resampled.std() * np.array([-1, 1])
        assert [row["ci_low"], row["ci_high"]] == pytest.approx(list(ends), rel=1e-6), (one["level"], one["metric"])


def test_a_model_is_level_with_itself_and_with_its_rounding(tmp_path: Path) -> None:
    for other in (imputed("b", 1.0), imputed("b", 1 + 1e-13)):
        table = held(imputed("a", 1.0), other, tmp_path)
        assert set(table["verdict"]) == {"level"}


def test_one_group_alone_tells_nothing(tmp_path: Path) -> None:
    table = held(imputed("a", 1.0, groups=1), imputed("b", 3.0, groups=1), tmp_path)
    assert set(table["verdict"]) == {"unknown"}
    assert table[["ci_low", "ci_high"]].isna().all(axis=None) and table["difference"].notna().all()


def test_an_undefined_value_tells_nothing(tmp_path: Path) -> None:
    undefined = [{**row, "value": np.nan, "replicates": row["replicates"] * np.nan} for row in imputed("b", 1.0)]
    assert set(held(imputed("a", 1.0), undefined, tmp_path)["verdict"]) == {"unknown"}


def test_a_number_of_other_groups_is_refused(tmp_path: Path) -> None:
    first, second = (stored(imputed(model, 1.0), tmp_path) for model in "ab")
    second.loc[3, "groups"] = "24 groups"
    with pytest.raises(BadInput, match="here: imputation, test: a and b were not scored on the same groups"):
        compare(first, second, "here")


def test_classes_are_compared_over_the_samples_that_both_saw(tmp_path: Path) -> None:
    """Two classifiers with the same errors but in one class, of which a resample may hold no sample."""
    generator = np.random.default_rng(0)
    labels = np.array(["common"] * 60 + ["rare"] * 7)
    groups = np.arange(67).astype(str)
    good = np.where(generator.random(67) < 0.7, labels, "other")
    good[-7:] = "rare"
    bad = np.where(labels == "rare", "common", good)
    names = {"dataset": "all", "split": "test"}
    table = held(
        score_classes(labels, good, groups, SPEC, model="a", **names),
        score_classes(labels, bad, groups, SPEC, model="b", **names),
        tmp_path,
    )
    rare = table.loc[("per_class", "f1:rare")]
    assert (rare["difference"], rare["ci_low"], rare["ci_high"], rare["verdict"]) == (1, 1, 1, "ahead")
    assert table.loc[("pooled", "accuracy"), "verdict"] == "ahead"


def test_each_number_is_held_against_each_baseline_that_has_it(tmp_path: Path) -> None:
    models = stored(imputed("a", 1.0), tmp_path)
    others = stored([*imputed("b", 1.1), *imputed("c", 1.2)[:2]], tmp_path)
    table = compare(models, others, "here")
    assert table["baseline"].value_counts().to_dict() == {"b": len(models), "c": 2}
    assert compare(models, others.iloc[:0], "here").empty
    assert comparisons.validate(compare(models.iloc[:0], others, "here")).empty


@pytest.mark.parametrize(
    ("low", "high", "upward", "says"),
    [
        (0.1, 0.2, True, "ahead"),
        (0.1, 0.2, False, "behind"),
        (-0.2, -0.1, True, "behind"),
        (-0.2, -0.1, False, "ahead"),
        (-0.1, 0.2, True, "level"),
        (0.0, 0.2, True, "level"),
        (-0.2, 0.0, False, "level"),
        (1e-12, 2e-12, True, "level"),
        (1e-6, 2e-6, True, "ahead"),
        (np.nan, np.nan, True, "unknown"),
    ],
)
def test_the_side_of_the_interval_is_the_verdict(low: float, high: float, upward: bool, says: str) -> None:
    assert verdict(low, high, upward) == says
