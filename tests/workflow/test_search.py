"""A search runs its trials and takes one; what changes in it runs what follows from that, and nothing that is done."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from tests.support.dry_runs import dry_runs
from tests.support.workflow import DEMO, RESULTS, snakemake, succeeded
from workflow_scripts.contracts import model_bundle, trial_settings, trials

RUN = {
    "embedding": "esm2/esm2_t6_8M_UR50D",
    "model": {"transformer": {"dim": 16, "layers": 1}},
    "training": {"max_epochs": 1, "genes_per_sample": 32},
}
SPACE = {
    "training/learning_rate": {"low": 0.0001, "high": 0.01, "log": True},
    "model/transformer/dim": {"choices": [8, 16]},
}
AFTER = ("embed_samples", "score_imputation", "classify_samples", "score_embedding", "collect_metrics")
TARGET = f"{RESULTS}/bulk/tuned/metrics.parquet"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory):
    """The demo's configuration, under its own name, with a run that is searched."""

    def write(size: int = 0, **search: Any) -> Path:
        path = tmp_path_factory.mktemp("search") / "config.yaml"
        content = yaml.safe_load(DEMO.read_text())
        training = RUN["training"] | search.pop("training", {})
        search = {"trials": 3, "at_once": 2, "space": SPACE, **search}
        content["bulk"]["runs"]["tuned"] = {**RUN, "training": training, "search": search}
        content["bulk"]["learning_curve"] = {"train_samples": [size] if size else []}
        path.write_text(yaml.safe_dump(content))
        return path

    return write


@pytest.fixture(scope="module")
def searched(demo: Path, config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo whose second run was searched by optuna, 2 trials and then 1 that learned from them."""
    directory = tmp_path_factory.mktemp("searched") / "demo"
    shutil.copytree(demo, directory, symlinks=True)
    assert succeeded(snakemake(TARGET, "--cores", "1", directory=directory, configs=(config(),)))
    return directory


def test_the_best_of_the_trials_is_the_run(searched: Path) -> None:
    folder = searched / RESULTS / "bulk/tuned"
    table = trials.read(folder / "trials.tsv")
    assert sorted(table["trial"]) == [1, 2, 3] and table["imputation"].is_monotonic_decreasing
    for trial, row in table.set_index("trial").iterrows():
        of = folder / f"trials/{trial:03d}"
        tried = trial_settings.read(of / "settings.json")
        assert tried == {name: row[name] for name in SPACE}
        _, about = model_bundle.read(of / "model")
        assert about["architecture"]["network"]["dim"] == tried["model/transformer/dim"]
        stack = pd.read_csv(of / "selection.tsv", sep="\t").set_index("member").loc["stack", "skill"]
        assert stack == pytest.approx(row["imputation"], abs=1e-12)
    best = folder / f"trials/{table.loc[0, 'trial']:03d}"
    for name in ("model/model.safetensors", "history.tsv", "selection.tsv", "separation.tsv", "settings.json"):
        assert (folder / name).read_bytes() == (best / name).read_bytes(), name


def test_the_same_search_comes_to_the_same_trials(searched: Path, config, tmp_path: Path) -> None:
    again = shutil.copytree(searched, tmp_path / "again", symlinks=True)
    trial = f"{RESULTS}/bulk/tuned/trials/003/settings.json"
    before = (searched / trial).read_bytes()
    (again / trial).unlink()
    assert succeeded(snakemake(trial, "--cores", "1", directory=again, configs=(config(),)))
    assert (again / trial).read_bytes() == before


def test_a_change_of_a_search_runs_what_follows_from_it_and_nothing_that_is_done(searched: Path, config) -> None:
    other = {**SPACE, "training/learning_rate": {"low": 0.0001, "high": 0.1, "log": True}}
    changes = {
        "nothing": {},
        "more trials": {"trials": 5},
        "fewer trials": {"trials": 2},
        "another space": {"space": other},
        "another seed": {"seed": 2},
        "another objective": {"objective": "embedding"},
        "all at once": {"at_once": 3},
        "policy": {"training": {"devices": 2, "accelerator": "cpu"}},
        "the run": {"training": {"patience": 3}},
        "a size": {"size": 60},
    }
    targets = dict.fromkeys(changes, TARGET) | {"a size": f"{RESULTS}/bulk/tuned.60/model"}
    found = dry_runs(*((searched, config(**change), targets[name]) for name, change in changes.items()))
    done = dict(zip(changes, found, strict=True))

    def rerun(suggested: int, trained: int) -> dict[str, int]:
        rules = {"suggest_trial": suggested, "train_trial": trained, "take_trial": 1, **dict.fromkeys(AFTER, 1)}
        return {rule: number for rule, number in rules.items() if number}

    fitted = {"take_train_samples": 1, "fit_standardizer": 1}
    assert done == {
        "nothing": {},
        "more trials": rerun(2, 2),
        "fewer trials": rerun(0, 0),
        "another space": rerun(3, 3),
        "another seed": rerun(3, 3),
        "another objective": rerun(1, 1),  # which the first wave knows nothing of
        "all at once": rerun(1, 1),  # the third learns from none now
        "policy": {},
        "the run": rerun(1, 3),
        "a size": fitted | {"suggest_trial": 3, "train_trial": 3, "take_trial": 1},
    }
