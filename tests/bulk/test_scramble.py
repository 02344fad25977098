"""Held-out samples, scrambled, change nothing that is fitted; and where a leak is planted, they do."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from tests.bulk import cohorts
from tests.bulk.conftest import SPEC, train
from workflow_scripts.bulk import data
from workflow_scripts.bulk.classify_baselines import classify_baselines
from workflow_scripts.bulk.embed_baseline import embed_baseline
from workflow_scripts.bulk.impute_baselines import impute_baselines
from workflow_scripts.bulk.score_representations import score_representations
from workflow_scripts.contracts import expression, metrics, model_bundle, predictions, sample_embedding, splits
from workflow_scripts.contracts import standardizer as standardizer_table
from workflow_scripts.prebulk.fit_standardizer import fit_standardizer

IMPUTATION = {**SPEC["imputation"], "mask_ratios": [0.3], "bootstrap_samples": 2, "factors": [3], "pca_components": [3]}
GRAPH = {"graph": {"neighbours": 4, "contexts": 2, "axes": 2, "rounds": 2, "dropout": 0.1}}  # of train samples, too
VECTORS = {"spec": {**SPEC["representation"], "bootstrap_samples": 2}, "survival": SPEC["survival"]}
OTHERS = [
    {"transformer": {"attention": "linear", "context": False, "values": "scalar", "gene_vectors": "shuffled"}},
    {"perceiver": {"values": "binned", "gene_vectors": "learned", "gene_loadings": False}},
]
CLASSES = {**SPEC["classification"], "regularization": [0.01], "trees": 5, "bootstrap_samples": 2}


def scramble(cohort: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The cohort with the values of each test sample in another order of its genes."""
    table = splits.read(cohort["splits"])
    test = table["sample_id"][table["split"] == "test"]
    generator = np.random.default_rng(0)
    moved = []
    for path in cohort["expression"]:
        shard = expression.read(path)
        measured = np.flatnonzero(shard.var["measured"])
        for row in np.flatnonzero(shard.obs_names.isin(test)):
            shard.X[row, measured] = shard.X[row, generator.permutation(measured)]
        moved.append(folder / path.name)
        expression.write(shard.X, shard.obs, list(shard.var_names), shard.var["measured"].to_numpy(), moved[-1])
    return {**cohort, "expression": moved}


def fitted(cohort: dict[str, Any], folder: Path) -> dict[str, np.ndarray]:
    """What is fitted, and what it says of samples that are not held out."""
    files = {**cohort, "standardizer": folder / "standardizer.parquet"}
    given = {name: files[name] for name in ("expression", "splits", "standardizer")}
    fit_standardizer(**given)
    spec = {**SPEC["runs"]["small"], "training": {**SPEC["runs"]["small"]["training"], "max_epochs": 1}, "model": GRAPH}
    train(files, folder, spec)
    embed_baseline(**given, embeddings=folder / "pca.h5ad")
    impute_baselines(**given, scores=folder / "imputation.parquet", spec=IMPUTATION)
    written = {"scores": folder / "classification.parquet", "predictions": folder / "predictions.parquet"}
    classify_baselines(**given, **written, spec=CLASSES)
    score_representations(**given, clinical=[], scores=folder / "representation.parquet", **VECTORS)

    statistics = standardizer_table.read(files["standardizer"])
    found = {"standardizer": statistics[["mean", "sd"]].to_numpy()}
    state, _ = model_bundle.read(folder / "model")
    found |= {name.split(".")[0]: np.empty(0) for name in state}
    for name, weights in state.items():
        part = name.split(".")[0]
        found[part] = np.append(found[part], weights.numpy().astype(float))
    pca = sample_embedding.read(folder / "pca.h5ad")
    found["pca"] = pca[pca.obs["split"] != "test"].X
    for task in ("imputation", "classification", "representation"):
        rows = metrics.read_replicates(folder / f"{task}.parquet").query("split == 'validation'")
        found |= {model: of["value"].to_numpy() for model, of in rows.groupby("model")}
    told = predictions.read(folder / "predictions.parquet").query("split == 'validation'")
    found |= {f"classes by {model}": of["predicted"].to_numpy(str) for model, of in told.groupby("model")}
    return found


def differences(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> set[str]:
    assert one.keys() == other.keys()
    return {name for name in one if not np.array_equal(one[name], other[name], equal_nan=one[name].dtype.kind == "f")}


def everything_is_train(cohort: dict[str, Any]) -> SimpleNamespace:
    """In the place of the contract of splits."""
    return SimpleNamespace(read=lambda path: splits.read(path).assign(split="train"))


def fitted_to_everything(cohort: dict[str, Any]) -> SimpleNamespace:
    """In the place of the module `data`: what is fitted to so many samples has some of the test split among them."""

    def references(paths: list[Path], samples: pd.Index, *others: Any) -> tuple[pd.Index, np.ndarray]:
        table = splits.read(cohort["splits"])
        test = table.loc[table["split"] == "test", "sample_id"]
        found = pd.Index([*test, *samples])[: len(samples)]
        return samples, data.references(paths, found, *others)[1]

    return SimpleNamespace(**{**vars(data), "references": references})


LEAKS = {
    "standardizer on all samples": ("prebulk.fit_standardizer.split_table", everything_is_train, "standardizer"),
    "PCA on all samples": ("bulk.embed_baseline.data", fitted_to_everything, "pca"),
    "neighbours among all samples": ("bulk.impute_baselines.data", fitted_to_everything, "knn_imputer"),
    "factors on all samples": ("bulk.training.data", fitted_to_everything, "base"),
}


@pytest.fixture(scope="module")
def honest(cohort: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    return fitted(cohort, tmp_path_factory.mktemp("honest"))


def test_scrambled_held_out_samples_change_nothing(
    honest: dict[str, np.ndarray], cohort: dict[str, Any], tmp_path: Path
) -> None:
    assert {
        "standardizer",
        "base",
        "network",
        "weights",
        "pca",
        "stacked_imputer",
        "random_forest",
        "factor_scores",
    } <= honest.keys()
    assert differences(honest, fitted(scramble(cohort, tmp_path), tmp_path)) == set()


@pytest.mark.parametrize("settings", OTHERS, ids=lambda settings: next(iter(settings)))
def test_scrambled_held_out_samples_change_no_network_of_other_settings(
    settings: dict[str, Any], cohort: dict[str, Any], tmp_path: Path
) -> None:
    ((family, of_family),) = settings.items()
    training = {"max_epochs": 1, "genes_per_sample": 60, "accelerator": "cpu"}
    spec = cohorts.specification(
        base={"factors": [3]}, model={family: {"dim": 8, "heads": 2, **of_family}}, training=training
    )
    scrambled = scramble(cohort, tmp_path)
    states = []
    for name, files in (("as_it_is", cohort), ("scrambled", scrambled)):
        (tmp_path / name).mkdir()
        states.append(model_bundle.read(train(files, tmp_path / name, spec["runs"]["small"]) / "model")[0])
    one, other = states
    assert one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("leak", LEAKS)
def test_a_planted_leak_is_found(
    leak: str, cohort: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, planted, found_in = LEAKS[leak]
    monkeypatch.setattr(f"workflow_scripts.{place}", planted(cohort))
    folders = [tmp_path / name for name in ("as_it_is", "scrambled")]
    for folder in folders:
        folder.mkdir()
    runs = [fitted(cohort, folders[0]), fitted(scramble(cohort, folders[1]), folders[1])]
    assert found_in in differences(*runs)
