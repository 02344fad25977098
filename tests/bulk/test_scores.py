"""Imputation, embeddings and classes of one run, beside baselines on the same samples."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.bulk import cohorts
from tests.bulk.conftest import SPEC
from workflow_scripts.bulk import imputation
from workflow_scripts.bulk.classify_baselines import classify_baselines
from workflow_scripts.bulk.classify_samples import classify_samples
from workflow_scripts.bulk.collect_metrics import collect_metrics
from workflow_scripts.bulk.embed_samples import embed_samples
from workflow_scripts.bulk.impute_baselines import impute_baselines
from workflow_scripts.bulk.score_imputation import score_imputation
from workflow_scripts.contracts import expression, metrics, predictions, sample_embedding, splits, standardizer
from workflow_scripts.evaluation.baselines import CLASSIFIERS
from workflow_scripts.evaluation.imputers import IMPUTERS
from workflow_scripts.evaluation.reconstruction import BLOCKS
from workflow_scripts.io.errors import BadInput
from workflow_scripts.settings.schema import load_schema

FAST = {"bootstrap_samples": 50}
INPUTS = ("expression", "splits", "standardizer")
TABLES = ["imputation.parquet", "classification.parquet", "baseline_imputation.parquet", "baselines.parquet"]
KEYS = ["model", "dataset", "split", "task", "level", "metric"]


@pytest.fixture(scope="module")
def scored(trained: Path, cohort: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with what all doors after training write."""
    folder = tmp_path_factory.mktemp("scored")
    inputs = {name: cohort[name] for name in INPUTS}
    probe = {**SPEC["classification"], **FAST}
    score_imputation(
        **inputs,
        model=trained / "model",
        metrics=folder / "imputation.parquet",
        spec={**SPEC["imputation"], **FAST},
        run="small",
        threads=1,
    )
    impute_baselines(**inputs, metrics=folder / "baseline_imputation.parquet", spec={**SPEC["imputation"], **FAST})
    embed_samples(
        expression=cohort["expression"],
        splits=cohort["splits"],
        model=trained / "model",
        embeddings=folder / "embeddings.h5ad",
        run="small",
        threads=1,
    )
    classify_samples(
        embeddings=folder / "embeddings.h5ad",
        metrics=folder / "classification.parquet",
        predictions=folder / "predictions.parquet",
        spec=probe,
    )
    classify_baselines(
        **inputs, metrics=folder / "baselines.parquet", predictions=folder / "baseline_predictions.parquet", spec=probe
    )
    collect_metrics(scores=[folder / name for name in TABLES], metrics=folder / "metrics.parquet")
    return folder


@pytest.fixture(scope="module")
def table(scored: Path) -> pd.Series:
    """Values by KEYS."""
    return metrics.read(scored / "metrics.parquet").set_index(KEYS)["value"]


@pytest.mark.parametrize("ratio", ["0.15", "0.3", "0.5"])
@pytest.mark.parametrize("split", ["validation", "test"])
def test_imputation_is_above_the_gene_mean(table: pd.Series, ratio: str, split: str) -> None:
    place = (f"mask_{ratio}", split, "imputation", "pooled")
    assert table["small", *place, "rmse"] < 0.75 * table["gene_mean", *place, "rmse"]
    assert table["small", *place, "skill"] > 0.4
    assert table["gene_mean", *place, "skill"] == 0


def test_the_gene_mean_equals_one_made_by_hand(table: pd.Series, cohort: dict[str, Any]) -> None:
    split = splits.read(cohort["splits"]).set_index("sample_id")["split"]
    samples, x = expression.load(cohort["expression"], split.index[split == "test"])
    mean = standardizer.read(cohort["standardizer"])["mean"].to_numpy()
    hidden = imputation.hide(np.isfinite(x) & np.isfinite(mean), samples, 0.3, 1)
    predicted = np.broadcast_to(mean, x.shape)
    place = ("gene_mean", "mask_0.3", "test", "imputation")
    rmse = np.sqrt(np.mean((predicted - x)[hidden] ** 2))
    assert table[*place, "pooled", "rmse"] == pytest.approx(rmse, rel=1e-5)
    pooled = np.corrcoef(predicted[hidden], x[hidden])[0, 1]
    assert table[*place, "pooled", "pearson"] == pytest.approx(pooled, rel=1e-5)
    within = [np.corrcoef(predicted[row, at], x[row, at])[0, 1] for row, at in enumerate(hidden)]
    assert table[*place, "per_sample", "pearson"] == pytest.approx(np.mean(within), rel=1e-5)
    assert np.isnan(table[*place, "per_gene", "pearson"])


def test_every_model_is_scored_on_the_same_values(scored: Path) -> None:
    rows = metrics.read(scored / "metrics.parquet")
    rows = rows[rows["task"] == "imputation"]
    assert set(rows["model"]) == {"small", "gene_mean", "knn_imputer", "pca_imputer"}
    pooled = rows[rows["level"] == "pooled"]
    assert (pooled.groupby(["dataset", "split"])["n"].nunique() == 1).all()


def test_intervals_hold_their_values(scored: Path) -> None:
    rows = metrics.read(scored / "metrics.parquet").dropna(subset=["ci_low"])
    assert len(rows) > 100
    assert (rows["ci_low"] <= rows["value"] + 1e-9).all()
    assert (rows["value"] <= rows["ci_high"] + 1e-9).all()


def test_hidden_values_do_not_depend_on_the_order_of_samples() -> None:
    measured = np.random.default_rng(0).random((6, 40)) > 0.2
    names = pd.Index([f"S{row}" for row in range(6)])
    order = np.array([3, 1, 5, 0, 4, 2])
    once = imputation.hide(measured, names, 0.3, 1)
    again = imputation.hide(measured[order], names[order], 0.3, 1)
    np.testing.assert_array_equal(once[order], again)
    np.testing.assert_array_equal(once.sum(1), np.round(0.3 * measured.sum(1)))
    assert not (once & ~measured).any()
    assert not np.array_equal(once, imputation.hide(measured, names, 0.3, 2))


def test_no_run_may_take_the_name_of_a_baseline() -> None:
    allowed = re.compile(load_schema("bulk")["properties"]["runs"]["propertyNames"]["pattern"])
    assert allowed.search("small")
    for name in (*IMPUTERS, *CLASSIFIERS, "baselines"):
        run = name.removesuffix("_logistic_regression")  # the probe of a run has this suffix
        assert run == name in CLASSIFIERS or not allowed.search(run), run


def test_values_of_the_test_split_change_no_choice(scored: Path, cohort: dict[str, Any], tmp_path: Path) -> None:
    """Scores on validation, and so the settings that they choose, are those of a run with other test values."""
    moved = cohorts.with_other_test_values(cohort, tmp_path)
    inputs = {**{name: cohort[name] for name in INPUTS}, "expression": moved}
    impute_baselines(**inputs, metrics=tmp_path / "again.parquet", spec={**SPEC["imputation"], **FAST})
    before, after = (
        metrics.read(path) for path in (scored / "baseline_imputation.parquet", tmp_path / "again.parquet")
    )
    of_validation = before["split"] == "validation"
    pd.testing.assert_frame_equal(before[of_validation], after[of_validation])
    assert not before[~of_validation].equals(after[~of_validation])


def test_at_most_so_many_samples_of_a_split_are_scored(cohort: dict[str, Any], tmp_path: Path) -> None:
    spec = {**SPEC["imputation"], **FAST, "max_samples": 5}
    impute_baselines(**{name: cohort[name] for name in INPUTS}, metrics=tmp_path / "few.parquet", spec=spec)
    rows = metrics.read(tmp_path / "few.parquet")
    assert set(rows.loc[(rows["level"] == "per_sample") & (rows["model"] == "pca_imputer"), "n"]) == {5}


def test_groups_stay_whole_where_several_are_resampled_as_one(cohort: dict[str, Any]) -> None:
    groups = [f"P{number % 100}" for number in range(300)]
    table = pd.DataFrame({"sample_id": map(str, range(300)), "split": "test", "group": groups})
    made = imputation.Cohort([], "", table, np.zeros(3), {"seed": 1, "max_samples": 300})
    blocks = made.resampling_blocks("test")
    assert set(blocks) == set(range(BLOCKS))
    assert (blocks.groupby(made.splits["group"]).nunique() == 1).all()


def test_the_embedding_holds_every_sample_with_a_split(scored: Path, cohort: dict[str, Any]) -> None:
    data = sample_embedding.read(scored / "embeddings.h5ad")
    table = splits.read(cohort["splits"]).set_index("sample_id")
    assert set(data.obs_names) == set(table.index)
    assert data.uns["run"] == "small" and data.n_vars == 16 + 8
    assert np.isfinite(data.X).all()
    assert (data.obs["split"].astype(str) == table.loc[data.obs_names, "split"]).all()


def test_the_embedding_is_the_same_again(scored: Path, trained: Path, cohort: dict[str, Any], tmp_path: Path) -> None:
    again = tmp_path / "again.h5ad"
    embed_samples(
        expression=cohort["expression"],
        splits=cohort["splits"],
        model=trained / "model",
        embeddings=again,
        run="small",
        threads=1,
    )
    first = sample_embedding.read(scored / "embeddings.h5ad")
    np.testing.assert_array_equal(first.X, sample_embedding.read(again).X)


def test_probe_and_baselines_are_scored_on_the_same_test_samples(scored: Path, table: pd.Series) -> None:
    ours, theirs = (predictions.read(scored / f"{name}predictions.parquet") for name in ("", "baseline_"))
    own = set(ours.loc[ours["split"] == "test", "sample_id"])
    for model, rows in theirs.groupby("model"):
        assert set(rows.loc[rows["split"] == "test", "sample_id"]) == own, model
    place = ("all", "test", "classification", "pooled", "weighted_f1")
    assert table["small_logistic_regression", *place] > table["majority_class", *place] + 0.3
    assert table["logistic_regression_log_tpm", *place] > table["majority_class", *place] + 0.3


def test_the_table_of_a_run_holds_every_number_once(scored: Path) -> None:
    rows = metrics.read(scored / "metrics.parquet")
    parts = [metrics.read(scored / name) for name in TABLES]
    assert not rows.duplicated(KEYS).any()
    assert len(rows) == sum(map(len, parts))


def test_two_models_of_one_name_are_refused(scored: Path, tmp_path: Path) -> None:
    rows = metrics.read(scored / "classification.parquet").assign(model="knn")
    metrics.write(rows, tmp_path / "knn.parquet")
    with pytest.raises(BadInput):
        collect_metrics(
            scores=[tmp_path / "knn.parquet", scored / "baselines.parquet"], metrics=tmp_path / "metrics.parquet"
        )
    assert not (tmp_path / "metrics.parquet").exists()


@pytest.mark.parametrize("unlabelled", ["train", "validation", "test", "all"])
def test_without_labels_there_is_no_row_rather_than_a_failure(
    unlabelled: str, scored: Path, cohort: dict[str, Any], tmp_path: Path
) -> None:
    table = splits.read(cohort["splits"])
    table.loc[(table["split"] == unlabelled) | (unlabelled == "all"), "label"] = ""
    splits.write(table, tmp_path / "splits.parquet")
    data = sample_embedding.read(scored / "embeddings.h5ad")
    obs = table.set_index("sample_id").loc[data.obs_names, list(sample_embedding.OBS)]
    order = str(data.uns["gene_order"])
    sample_embedding.write(data.X, obs, tmp_path / "embeddings.h5ad", run="small", gene_order=order)

    spec = {**SPEC["classification"], **FAST}
    written = {"metrics": tmp_path / "metrics.parquet", "predictions": tmp_path / "predictions.parquet"}
    inputs = {**{name: cohort[name] for name in INPUTS}, "splits": tmp_path / "splits.parquet"}
    for score in (
        lambda: classify_baselines(**inputs, **written, spec=spec),
        lambda: classify_samples(embeddings=tmp_path / "embeddings.h5ad", **written, spec=spec),
    ):
        score()
        assert metrics.read(written["metrics"]).empty and predictions.read(written["predictions"]).empty


def test_a_damaged_model_is_refused(trained: Path, cohort: dict[str, Any], tmp_path: Path) -> None:
    import shutil

    shutil.copytree(trained / "model", tmp_path / "model")
    weights = tmp_path / "model/model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-40])
    with pytest.raises(BadInput):
        embed_samples(
            expression=cohort["expression"],
            splits=cohort["splits"],
            model=tmp_path / "model",
            embeddings=tmp_path / "embeddings.h5ad",
            run="small",
            threads=1,
        )
