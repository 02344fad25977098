"""Imputation, embeddings and classes of one run, beside baselines on the same samples."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd
import pytest

from tests.bulk import cohorts
from tests.bulk.conftest import SPEC
from tests.support.workflow import ROOT
from workflow_scripts.bulk import bundle, imputation
from workflow_scripts.bulk.classify_baselines import classify_baselines
from workflow_scripts.bulk.classify_samples import classify_samples
from workflow_scripts.bulk.collect_metrics import collect_metrics
from workflow_scripts.bulk.embed_baseline import embed_baseline
from workflow_scripts.bulk.embed_samples import embed_samples
from workflow_scripts.bulk.impute_baselines import impute_baselines
from workflow_scripts.bulk.score_imputation import score_imputation
from workflow_scripts.contracts import (
    comparisons,
    expression,
    metrics,
    predictions,
    sample_embedding,
    splits,
    standardizer,
)
from workflow_scripts.contracts.gene_order import order_digest
from workflow_scripts.docs.reruns import demo
from workflow_scripts.evaluation import models, offered
from workflow_scripts.evaluation.metrics import HIDDEN
from workflow_scripts.evaluation.reconstruction import BLOCKS
from workflow_scripts.io.errors import BadInput
from workflow_scripts.settings.errors import BadConfiguration
from workflow_scripts.settings.settings import Settings

FAST = {"bootstrap_samples": 50}
INPUTS = ("expression", "splits", "standardizer")
OWN = ["imputation.parquet", "classification.parquet"]
BASELINES = ["baseline_imputation.parquet", "baseline_classification.parquet"]
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
        scores=folder / "imputation.parquet",
        spec={**SPEC["imputation"], **FAST},
        run="small",
        threads=1,
    )
    impute_baselines(**inputs, scores=folder / "baseline_imputation.parquet", spec={**SPEC["imputation"], **FAST})
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
        scores=folder / "classification.parquet",
        predictions=folder / "predictions.parquet",
        probe=folder / "probe.npz",
        spec=probe,
    )
    classify_baselines(
        **inputs,
        scores=folder / "baseline_classification.parquet",
        predictions=folder / "baseline_predictions.parquet",
        spec=probe,
    )
    collect_metrics(
        own=[folder / name for name in OWN],
        baselines=[folder / name for name in BASELINES],
        metrics=folder / "metrics.parquet",
        comparisons=folder / "comparisons.parquet",
    )
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


def test_an_imputer_sees_what_is_not_hidden_and_nothing_else(cohort: dict[str, Any]) -> None:
    """On either split, with every candidate of every ratio."""
    statistics = standardizer.read(cohort["standardizer"])
    mean, table = statistics["mean"].to_numpy(np.float32), splits.read(cohort["splits"])
    spec = {**SPEC["imputation"], **FAST, "mask_ratios": [0.3]}
    own = imputation.Cohort(cohort["expression"], order_digest(statistics["gene_id"]), table, mean, spec)
    seen: list[np.ndarray] = []

    def imputer(values: np.ndarray, visible: np.ndarray) -> np.ndarray:
        seen.append(visible)
        return np.zeros_like(values)

    for split in ("validation", "test"):
        seen.clear()
        imputation.reconstruct(own, split, {0.3: {("spy", ""): imputer}}, spec["seed"])
        samples, x = expression.load(cohort["expression"], own.samples(split))
        measured = np.isfinite(x) & np.isfinite(mean)
        hidden = imputation.hide(measured, samples, 0.3, spec["seed"])
        np.testing.assert_array_equal(np.concatenate(seen), measured & ~hidden)
        assert hidden.any()


def test_baselines_are_given_genes_standardized_by_the_train_split(
    cohort: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unmeasured gene stands at its train mean, which is 0; the most variable gene of the train split is first."""
    given: list[np.ndarray] = []

    def classify(name: str, candidates: Any, x: np.ndarray, samples: pd.DataFrame, spec: dict) -> tuple:
        given.append(x[(samples["split"] == "train").to_numpy()].astype(np.float64))
        return [], pd.DataFrame(columns=predictions.COLUMNS, dtype=str), None

    monkeypatch.setattr("workflow_scripts.bulk.classify_baselines.classify", classify)
    statistics = standardizer.read(cohort["standardizer"])
    statistics.loc[5, "sd"] = 0.0  # it varies in no train sample; here alone, to see that nothing is divided by it
    standardizer.write(statistics, tmp_path / "standardizer.parquet")
    written = {"scores": tmp_path / "scores.parquet", "predictions": tmp_path / "predictions.parquet"}
    classify_baselines(**{name: cohort[name] for name in INPUTS}, **written, spec=SPEC["classification"])
    train = given[0]
    sd = np.sort(statistics["sd"].fillna(0))[::-1]
    split = splits.read(cohort["splits"]).set_index("sample_id")["split"]
    _, x = expression.load(cohort["expression"], split.index[split == "train"])
    first = x[:, statistics["sd"].argmax()]
    np.testing.assert_allclose(train[:, 0], np.nan_to_num((first - np.nanmean(first)) / sd[0]), atol=1e-4)
    varies = sd > 0
    assert varies.sum() > 10 and len(given) > 1
    np.testing.assert_allclose(train.mean(0), 0, atol=1e-4)
    spread = np.sqrt(np.square(train).sum(0) / (train != 0).sum(0).clip(1))  # over the samples that measure it
    np.testing.assert_allclose(spread[varies], 1, atol=0.05)


def test_the_setting_with_the_least_error_is_chosen_and_the_first_of_equals() -> None:
    errors = {("a", "1"): 3.0, ("a", "2"): 2.0, ("a", "3"): 2.0, ("b", "1"): 5.0}
    candidates = {key: lambda values, visible: values for key in (*errors, ("alone", ""))}
    assert list(imputation.choose(candidates, errors)) == [("a", "2"), ("b", "1"), ("alone", "")]


def test_every_model_is_scored_on_the_same_values(scored: Path) -> None:
    rows = metrics.read(scored / "metrics.parquet")
    rows = rows[rows["task"] == "imputation"]
    assert set(rows["model"]) == {"small", "small_base", *offered.baselines(HIDDEN)}
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


@pytest.mark.parametrize("name", [*models.BASELINES, "pca", "baselines"])
def test_no_run_may_take_the_name_of_a_baseline(name: str) -> None:
    """Neither the run itself nor its probe, which has a suffix, nor its folder, which stands beside theirs."""
    config = demo()[0]
    (run,) = config["bulk"]["runs"].values()
    config["bulk"]["runs"] = {name: run}
    with pytest.raises(BadConfiguration, match=f"given '{name}'; allowed: a name that no baseline has"):
        Settings(config, str(ROOT / "config/datasets.tsv"))


def test_the_baseline_embedding_is_the_principal_components_of_the_train_split(
    cohort: dict[str, Any], tmp_path: Path
) -> None:
    """The same distances as scikit-learn's PCA, fitted to the train samples of the genes that all of them measure."""
    embed_baseline(**{name: cohort[name] for name in INPUTS}, embeddings=tmp_path / "e.h5ad")
    found = sample_embedding.read(tmp_path / "e.h5ad")
    table = splits.read(cohort["splits"]).set_index("sample_id")
    assert sorted(found.obs_names) == sorted(table.index) and found.uns["run"] == "PCA of log-TPM"
    assert found.obs["split"].tolist() == table.loc[found.obs_names, "split"].tolist()
    _, values = expression.load(cohort["expression"], found.obs_names)
    genes = standardizer.read(cohort["standardizer"])
    measured = genes["mean"].notna().to_numpy()
    filled = np.where(np.isfinite(values), values, genes["mean"].to_numpy())[:, measured]
    train = (found.obs["split"] == "train").to_numpy()
    axes = np.linalg.svd(filled[train] - filled[train].mean(0), full_matrices=False).Vh[: found.shape[1]]
    expected = (filled - filled[train].mean(0)) @ axes.T
    np.testing.assert_allclose(np.abs(found.X[:, :3]), np.abs(expected[:, :3]), atol=1e-3)


def test_the_baseline_embedding_does_not_look_at_the_test_split(cohort: dict[str, Any], tmp_path: Path) -> None:
    moved = cohorts.with_other_test_values(cohort, tmp_path)
    given = {name: cohort[name] for name in INPUTS}
    embed_baseline(**given, embeddings=tmp_path / "a.h5ad")
    embed_baseline(**given | {"expression": moved}, embeddings=tmp_path / "b.h5ad")
    first, second = (sample_embedding.read(tmp_path / f"{name}.h5ad") for name in "ab")
    other = (first.obs["split"] != "test").to_numpy()
    np.testing.assert_array_equal(first.X[other], second[first.obs_names].X[other])
    assert not np.allclose(first.X[~other], second[first.obs_names].X[~other])


@pytest.mark.parametrize("suffix", ["_logistic_regression", "_base"])
def test_no_run_may_be_taken_for_a_part_of_another(suffix: str) -> None:
    config = demo()[0]
    (run,) = config["bulk"]["runs"].values()
    config["bulk"]["runs"] = {f"small{suffix}": run}
    with pytest.raises(BadConfiguration, match=f"allowed: a name that does not end in {suffix}"):
        Settings(config, str(ROOT / "config/datasets.tsv"))


def test_imputers_are_fitted_to_the_train_split_alone(
    cohort: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[np.ndarray] = []

    def fit_imputers(train: np.ndarray, mean: np.ndarray, spec: dict[str, Any]) -> dict[str, Any]:
        given.append(train)
        return {}

    monkeypatch.setattr("workflow_scripts.bulk.impute_baselines.fit_imputers", fit_imputers)
    inputs = {name: cohort[name] for name in INPUTS}
    impute_baselines(**inputs, scores=tmp_path / "scores.parquet", spec={**SPEC["imputation"], **FAST})
    split = splits.read(cohort["splits"]).set_index("sample_id")["split"]
    _, x = expression.load(cohort["expression"], split.index[split == "train"])
    np.testing.assert_array_equal(given[0], x)


@pytest.mark.parametrize("models", [["a"], ["a", "b"]])
def test_the_choice_is_made_by_the_error_on_hidden_values_of_validation(
    models: list[str], cohort: dict[str, Any]
) -> None:
    """The squared error of each candidate of a model that offers several; of one that offers one, nothing is asked."""
    statistics = standardizer.read(cohort["standardizer"])
    mean, table = statistics["mean"].to_numpy(np.float32), splits.read(cohort["splits"])
    spec = {**SPEC["imputation"], **FAST}
    own = imputation.Cohort(cohort["expression"], order_digest(statistics["gene_id"]), table, mean, spec)
    candidates = {(model, ""): lambda values, visible: pytest.fail("asked of its only setting") for model in models}
    for value in (2.0, 5.0):
        candidates["several", f"{value}"] = lambda values, visible, value=value: np.full_like(values, value)
    found = imputation.errors(own, {0.3: candidates}, spec["seed"])[0.3]
    samples, x = expression.load(cohort["expression"], own.samples("validation"))
    hidden = imputation.hide(np.isfinite(x) & np.isfinite(mean), samples, 0.3, spec["seed"])
    expected = {("several", f"{value}"): np.square(value - x[hidden], dtype=float).sum() for value in (2.0, 5.0)}
    assert found == pytest.approx(expected, rel=1e-5)


def test_values_of_the_test_split_change_no_choice(scored: Path, cohort: dict[str, Any], tmp_path: Path) -> None:
    """Scores on validation, and so the settings that they choose, are those of a run with other test values."""
    moved = cohorts.with_other_test_values(cohort, tmp_path)
    inputs = {**{name: cohort[name] for name in INPUTS}, "expression": moved}
    impute_baselines(**inputs, scores=tmp_path / "imputation.parquet", spec={**SPEC["imputation"], **FAST})
    classify_baselines(
        **inputs,
        scores=tmp_path / "classification.parquet",
        predictions=tmp_path / "predictions.parquet",
        spec={**SPEC["classification"], **FAST},
    )
    for task in ("imputation", "classification"):
        differ = differing_splits(scored / f"baseline_{task}.parquet", tmp_path / f"{task}.parquet")
        assert differ == {"test"}, task


def differing_splits(before: Path, after: Path) -> set[str]:
    """The splits in which two tables of Replicates have another number or another replicate."""
    tables = [metrics.read_replicates(path) for path in (before, after)]
    tables = [table.assign(replicates=table["replicates"].map(np.ndarray.tobytes)) for table in tables]
    parts = {split: [table[table["split"] == split] for table in tables] for split in set(tables[0]["split"])}
    return {split for split, (first, second) in parts.items() if not first.equals(second)}


def test_the_probe_is_standardized_by_train_samples_alone(scored: Path, tmp_path: Path) -> None:
    """Embeddings of the test split on the other side, a thousand times as long, change no number of validation."""
    data = sample_embedding.read(scored / "embeddings.h5ad")
    x = np.asarray(data.X).copy()
    x[np.flatnonzero(data.obs["split"] == "test")[::2]] *= -1e3
    assert differing_splits(scored / "classification.parquet", probe(x, data, tmp_path)) == {"test"}


def test_the_probe_does_not_depend_on_units(scored: Path, tmp_path: Path) -> None:
    """Every coordinate is standardized: other units and another zero change no prediction."""
    data = sample_embedding.read(scored / "embeddings.h5ad")
    probe(np.asarray(data.X) * 2.0 ** np.linspace(-9, 9, data.n_vars).round() + 3, data, tmp_path)
    first, again = (predictions.read(folder / "predictions.parquet") for folder in (scored, tmp_path))
    assert (first["predicted"] == again["predicted"]).mean() > 0.95  # the solver has a tolerance


def probe(x: np.ndarray, data: anndata.AnnData, folder: Path) -> Path:
    """Classify samples with other embeddings `x`; return the scores, beside which stand the predictions."""
    order = str(data.uns["gene_order"])
    sample_embedding.write(x, data.obs, folder / "embeddings.h5ad", run="small", gene_order=order)
    made = {name: folder / f"{name}.parquet" for name in ("scores", "predictions")}
    files = {"embeddings": folder / "embeddings.h5ad", "probe": folder / "probe.npz"}
    classify_samples(**files, **made, spec={**SPEC["classification"], **FAST})
    return made["scores"]


def test_the_setting_of_an_imputer_that_does_best_on_validation_is_kept(cohort: dict[str, Any], tmp_path: Path) -> None:
    """Of all settings together the error on validation is the least that one alone has; there are three factors."""
    inputs = {name: cohort[name] for name in INPUTS}
    errors = {}
    for components, neighbours in (([1], [1]), ([3], [5]), ([30], [60]), ([1, 3, 30], [1, 5, 60])):
        settings = {"pca_components": components, "neighbours": neighbours, "mask_ratios": [0.3]}
        spec = {**SPEC["imputation"], **settings, "bootstrap_samples": 1}
        impute_baselines(**inputs, scores=tmp_path / "scores.parquet", spec=spec)
        table = metrics.read_replicates(tmp_path / "scores.parquet").query("split == 'validation' and metric == 'rmse'")
        errors[tuple(components)] = table.set_index("model")["value"]
    together = errors.pop((1, 3, 30))
    alone = pd.DataFrame(errors)
    for model in ("pca_imputer", "knn_imputer"):
        assert together[model] == pytest.approx(alone.loc[model].min(), rel=1e-5)
        assert alone.loc[model].min() < 0.9 * alone.loc[model].max()


def test_every_number_of_a_run_is_held_against_every_baseline_that_has_it(scored: Path) -> None:
    """Also where one of both is not defined: then they are said not to be compared."""
    held, numbers = comparisons.read(scored / "comparisons.parquet"), metrics.read(scored / "metrics.parquet")
    own = numbers["model"].isin(["small", "small_logistic_regression"])
    pairs = numbers[own].merge(numbers[~own], on=KEYS[1:], suffixes=("", "_baseline"))
    keys = [*KEYS, "baseline"]
    expected = pairs.rename(columns={"model_baseline": "baseline"}).set_index(keys).sort_index()
    found = held.set_index(keys).sort_index()
    assert len(found) > 100 and found.index.equals(expected.index)
    np.testing.assert_array_equal(found["difference"], expected["value"] - expected["value_baseline"])
    unknown = held["verdict"] == "unknown"
    assert unknown.any() and (held.loc[unknown, ["value", "baseline_value"]].isna().any(axis=1)).all()
    rmse = held[(held["metric"] == "rmse") & (held["baseline"] == "gene_mean")]
    assert set(rmse["verdict"]) == {"ahead"} and (rmse["ci_high"] < 0).all()


def test_at_most_so_many_samples_of_a_split_are_scored(cohort: dict[str, Any], tmp_path: Path) -> None:
    spec = {**SPEC["imputation"], **FAST, "max_samples": 5}
    impute_baselines(**{name: cohort[name] for name in INPUTS}, scores=tmp_path / "few.parquet", spec=spec)
    rows = metrics.read_replicates(tmp_path / "few.parquet")
    assert set(rows.loc[(rows["level"] == "per_sample") & (rows["model"] == "pca_imputer"), "n"]) == {5}


def test_which_samples_are_scored_does_not_hang_on_those_that_are_trained_on() -> None:
    table = pd.DataFrame({"sample_id": [f"S{row:03d}" for row in range(300)], "group": "P"})
    table["split"] = ["train", "validation", "test"] * 100
    spec = {"seed": 1, "max_samples": 5}
    whole, less = (
        imputation.Cohort([], "", of, np.zeros(3), spec) for of in (table, table[(table["split"] != "train")])
    )
    for split in ("validation", "test"):
        assert len(whole.samples(split)) == 5 and whole.samples(split).equals(less.samples(split))


def test_groups_stay_whole_where_several_are_resampled_as_one(cohort: dict[str, Any]) -> None:
    groups = [f"P{number % 100}" for number in range(300)]
    table = pd.DataFrame({"sample_id": map(str, range(300)), "split": "test", "group": groups})
    made = imputation.Cohort([], "", table, np.zeros(3), {"seed": 1, "max_samples": 300})
    blocks = made.resampling_blocks("test")
    assert set(blocks) == set(range(BLOCKS))
    assert (blocks.groupby(made.splits["group"]).nunique() == 1).all()


def test_the_embedding_holds_every_sample_with_a_split(scored: Path, trained: Path, cohort: dict[str, Any]) -> None:
    data = sample_embedding.read(scored / "embeddings.h5ad")
    table = splits.read(cohort["splits"]).set_index("sample_id")
    assert set(data.obs_names) == set(table.index)
    assert data.uns["run"] == "small" and data.n_vars == int(bundle.read(trained / "model").model.kept.sum())
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


def test_the_table_of_a_run_holds_every_number_once_and_models_side_by_side(scored: Path) -> None:
    rows = metrics.read(scored / "metrics.parquet")
    parts = [metrics.read_replicates(scored / name) for name in (*OWN, *BASELINES)]
    assert not rows.duplicated(KEYS).any()
    assert len(rows) == sum(map(len, parts))
    assert rows["model"].tolist() == rows.sort_values([*KEYS[1:], "model"])["model"].tolist()
    assert rows["task"].is_monotonic_increasing


def test_two_models_of_one_name_are_refused(scored: Path, tmp_path: Path) -> None:
    rows = metrics.read_replicates(scored / "classification.parquet").assign(model="knn")
    metrics.write_replicates(rows.to_dict("records"), tmp_path / "knn.parquet")
    made = {name: tmp_path / f"{name}.parquet" for name in ("metrics", "comparisons")}
    with pytest.raises(BadInput):
        collect_metrics(own=[tmp_path / "knn.parquet"], baselines=[scored / BASELINES[1]], **made)
    assert not any(path.exists() for path in made.values())


def test_a_run_scored_on_other_samples_than_the_baselines_is_refused(
    scored: Path, cohort: dict[str, Any], tmp_path: Path
) -> None:
    spec = {**SPEC["imputation"], **FAST, "max_samples": 5}
    impute_baselines(**{name: cohort[name] for name in INPUTS}, scores=tmp_path / "few.parquet", spec=spec)
    made = {name: tmp_path / f"{name}.parquet" for name in ("metrics", "comparisons")}
    with pytest.raises(BadInput, match="small and .* were not scored on the same groups"):
        collect_metrics(own=[scored / OWN[0]], baselines=[tmp_path / "few.parquet"], **made)
    assert not made["comparisons"].exists()


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
    written = {"scores": tmp_path / "scores.parquet", "predictions": tmp_path / "predictions.parquet"}
    inputs = {**{name: cohort[name] for name in INPUTS}, "splits": tmp_path / "splits.parquet"}
    for score in (
        lambda: classify_baselines(**inputs, **written, spec=spec),
        lambda: classify_samples(
            embeddings=tmp_path / "embeddings.h5ad", probe=tmp_path / "probe.npz", **written, spec=spec
        ),
    ):
        score()
        assert metrics.read_replicates(written["scores"]).empty and predictions.read(written["predictions"]).empty


def test_a_damaged_model_is_refused(trained: Path, cohort: dict[str, Any], tmp_path: Path) -> None:
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
