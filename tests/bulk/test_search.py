"""A search: what a trial trains, what the next learns from, and which is taken: the best on validation alone."""

from __future__ import annotations

import ast
import inspect
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.bulk import cohorts
from tests.bulk.conftest import RUN, SPEC, train
from tests.support.examples import history_table, selection_table, separation_table
from workflow_scripts.bulk import take_trial as taking
from workflow_scripts.bulk.score_imputation import score_imputation
from workflow_scripts.bulk.suggest_trial import suggest_trial
from workflow_scripts.bulk.take_trial import take_trial
from workflow_scripts.bulk.train_trial import train_trial
from workflow_scripts.contracts import history, metrics, selection, separation, trial_settings, trials
from workflow_scripts.contracts.space import all_values, laid_over, points
from workflow_scripts.docs.rules import rules
from workflow_scripts.io.errors import BadInput
from workflow_scripts.settings.schema import only
from workflow_scripts.training import resume
from workflow_scripts.training.search import Result, suggest

SPACE = {"training/learning_rate": {"low": 1e-4, "high": 1e-2, "log": True}}
WRITTEN = {"model": "model", "settings": "settings.json", "table": "trials.tsv"}
WRITTEN |= {name: f"{name}.tsv" for name in ("history", "selection", "separation")}


def done(
    folder: Path, skill: float, rate: float = 1e-3, f1: float = 0.5, silhouette: float = 0.5, network: float = 0.0
) -> Path:
    """The files of a trial that is done, in `folder`, of numbers that are made up."""
    (folder / "model").mkdir(parents=True)
    (folder / "model/config.json").write_text(json.dumps(folder.name))
    chosen, separated = selection_table(), separation_table()
    chosen.loc[chosen["member"] == "stack", "skill"] = skill
    chosen.loc[chosen["member"] == "network", "skill"] = network
    separated.loc[separated["kept"], ["weighted_f1", "silhouette"]] = [f1, silhouette]
    history.write(history_table(), folder / "history.tsv")
    selection.write(chosen, folder / "selection.tsv")
    separation.write(separated, folder / "separation.tsv")
    trial_settings.write({"training/learning_rate": rate}, folder / "settings.json")
    return folder


def take(folders: list[Path], into: Path, objective: str = "imputation") -> pd.DataFrame:
    take_trial(
        suggested=[folder / "settings.json" for folder in folders],
        models=[folder / "model" for folder in folders],
        histories=[folder / "history.tsv" for folder in folders],
        selections=[folder / "selection.tsv" for folder in folders],
        separations=[folder / "separation.tsv" for folder in folders],
        **{name: into / file for name, file in WRITTEN.items()},
        spec={"objective": objective},
    )
    return trials.read(into / "trials.tsv")


def asked(folders: list[Path], into: Path, trial: int, objective: str = "imputation") -> dict[str, Any]:
    """What is suggested after these trials."""
    suggest_trial(
        earlier=[folder / "settings.json" for folder in folders],
        selections=[folder / "selection.tsv" for folder in folders],
        separations=[folder / "separation.tsv" for folder in folders],
        settings=into / "settings.json",
        spec={"method": "optuna", "seed": 1, "space": SPACE, "objective": objective},
        trial=trial,
    )
    return trial_settings.read(into / "settings.json")


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# What is taken


def test_the_best_on_validation_is_taken_although_another_is_better_on_test(
    cohort: dict[str, Any], tmp_path: Path
) -> None:
    """Two trained models whose scores on test are known, and Selections of them that say the opposite."""
    skills = {}
    for name, factors in (("001", 8), ("002", 1)):
        folder = done(tmp_path / name, skill={"001": 0.2, "002": 0.3}[name])
        (folder / "model/config.json").unlink()
        (folder / "model").rmdir()
        run = laid_over(SPEC["runs"]["small"], {"base/factors": [factors], "training/max_epochs": 1})
        train(cohort, tmp_path / f"of {name}", laid_over(run, {"base/kernel_samples": 0}))
        (tmp_path / f"of {name}/model").rename(folder / "model")
        score_imputation(
            **{name: cohort[name] for name in ("expression", "splits", "standardizer")},
            model=folder / "model",
            scores=tmp_path / f"{name}.parquet",
            spec=cohorts.specification()["imputation"],
            run=name,
            threads=1,
        )
        scores = metrics.read_replicates(tmp_path / f"{name}.parquet")
        tested = scores[(scores["split"] == "test") & (scores["metric"] == "skill") & (scores["level"] == "pooled")]
        skills[name] = tested["value"].mean()
    assert skills["001"] > skills["002"] + 0.1, "planted"
    table = take([tmp_path / "001", tmp_path / "002"], tmp_path / "run")
    assert table["trial"].tolist() == [2, 1]
    assert content(tmp_path / "run/model") == content(tmp_path / "002/model")


def test_neither_what_suggests_nor_what_takes_is_given_values_or_splits() -> None:
    found = {rule.name: set(rule.names("input")) for rule in rules() if rule.name in ("suggest_trial", "take_trial")}
    assert found["suggest_trial"] == {"earlier", "selections", "separations", "seals"}
    assert found["take_trial"] == {"suggested", "models", "histories", "selections", "separations", "seals"}
    assert not {"expression", "splits"} & set(inspect.signature(take_trial).parameters)
    assert "expression" not in ast.unparse(ast.parse(inspect.getsource(taking)))


@pytest.mark.parametrize(
    ("objective", "best"), [("imputation", 1), ("classification", 2), ("embedding", 3), ("network", 4)]
)
def test_the_objective_says_which_trial_is_the_best(objective: str, best: int, tmp_path: Path) -> None:
    """Of four, each of which is the best by one of them; the embedding that is not kept counts for nothing."""
    numbers = [(0.9, 0.2, 0.1, -0.5), (0.5, 0.9, 0.0, 0.1), (0.1, 0.7, 0.8, 0.0), (0.2, 0.1, 0.1, 0.2)]
    folders = [
        done(tmp_path / f"{place:03d}", *(skill, place / 1000, *others))
        for place, (skill, *others) in enumerate(numbers, start=1)
    ]
    table = take(folders, tmp_path / "run", objective)
    assert table.loc[0, "trial"] == best and sorted(table["trial"]) == [1, 2, 3, 4]
    assert trial_settings.read(tmp_path / "run/settings.json") == {"training/learning_rate": best / 1000}
    for name in ("model/config.json", "history.tsv", "selection.tsv", "separation.tsv"):
        assert (tmp_path / "run" / name).read_bytes() == (folders[best - 1] / name).read_bytes()
    table = table.set_index("trial")
    for place, (skill, f1, silhouette, network) in enumerate(numbers, start=1):
        separated = 0.75 + f1 + silhouette  # accuracy of the embedding that is kept, see `separation_table`
        found = table.loc[place, ["imputation", "network", "classification", "embedding"]]
        np.testing.assert_allclose(found.astype(float), [skill, network, f1, separated])
        assert table.loc[place, "training/learning_rate"] == place / 1000
    assert set(table["epochs"]) == {2} and set(table["seconds"]) == {1.0625 + 1.125}


def test_of_equal_trials_the_first_is_taken(tmp_path: Path) -> None:
    folders = [done(tmp_path / f"{place:03d}", 0.5) for place in (1, 2, 3)]
    assert take(folders, tmp_path / "run")["trial"].tolist() == [1, 2, 3]


@pytest.mark.parametrize("door", [take, lambda folders, into, objective: asked(folders, into, 9, objective)])
def test_an_objective_that_is_not_defined_is_one_line(door: Any, tmp_path: Path) -> None:
    folders = [done(tmp_path / "001", 0.5), done(tmp_path / "002", 0.5, f1=np.nan)]
    with pytest.raises(BadInput, match="002/selection.tsv: classification: is not defined on validation. Set another"):
        door(folders, tmp_path / "run", "classification")
    door(folders, tmp_path / "run", "imputation")


# What is suggested


@pytest.mark.parametrize("objective", ["imputation", "classification"])
def test_what_is_suggested_follows_from_what_the_trials_before_came_to(objective: str, tmp_path: Path) -> None:
    """By the objective that is asked for: the two measures are planted to say opposite things."""
    rates = np.geomspace(1e-4, 1e-2, 12).tolist()
    folders = [
        done(tmp_path / f"{place:03d}", skill=place / 20, rate=rate, f1=1 - place / 20)
        for place, rate in enumerate(rates)
    ]
    values = [place / 20 if objective == "imputation" else 1 - place / 20 for place in range(12)]
    found = asked(folders, tmp_path, 13, objective)
    learned = [Result({"training/learning_rate": rate}, value) for rate, value in zip(rates, values, strict=True)]
    assert found == suggest("optuna", SPACE, 1, 13, learned) != suggest("optuna", SPACE, 1, 13, [])
    others = [asked(folders, tmp_path, number, objective)["training/learning_rate"] for number in range(13, 25)]
    assert (np.median(others) > 1e-3) == (objective == "imputation")


def test_a_first_wave_needs_no_results(tmp_path: Path) -> None:
    suggest_trial(
        earlier=[],
        selections=[],
        separations=[],
        settings=tmp_path / "settings.json",
        spec={"method": "random", "seed": 1, "space": SPACE},
        trial=1,
    )
    assert trial_settings.read(tmp_path / "settings.json") == suggest("random", SPACE, 1, 1, [])


# What is trained


def trained_trial(files: dict[str, Any], folder: Path, settings: dict[str, Any]) -> Path:
    trial_settings.write(settings, folder / "settings.json")
    spec = SPEC["runs"]["small"]
    train_trial(
        **files,
        settings=folder / "settings.json",
        model=folder / "model",
        **{name: folder / f"{name}.tsv" for name in ("history", "selection", "separation")},
        spec=only(spec, RUN, results=True),
        policy=only(spec["training"], RUN["properties"]["training"], results=False),
        code="code",
        threads=1,
        memory_mb=8000,
    )
    return folder


def test_a_trial_is_the_training_of_its_settings_and_goes_on_where_it_was_killed(
    cohort: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"training/max_epochs": 3, "training/learning_rate": 0.004, "model/transformer/dim": 8}
    run = json.loads(json.dumps(SPEC["runs"]["small"]))
    run["training"] |= {"max_epochs": 3, "learning_rate": 0.004}
    run["model"]["transformer"]["dim"] = 8
    by_hand = train(cohort, tmp_path / "by hand", run)

    save, saved = resume.Checkpoints.save_checkpoint, []

    def noted(self: Any, checkpoint: Any, path: Any, **rest: Any) -> None:
        save(self, checkpoint, path)
        saved.append(Path(path))

    def killed(*given: Any, **rest: Any) -> None:
        noted(*given)
        if len(saved) == 2:
            raise KeyboardInterrupt

    trial = tmp_path / "run/trials/001"
    with monkeypatch.context() as patch:
        patch.setattr(resume.Checkpoints, "save_checkpoint", killed)
        with pytest.raises((KeyboardInterrupt, SystemExit)):
            trained_trial(cohort, trial, settings)
    assert not (trial / "model").exists() and saved[0].is_relative_to(trial / "checkpoints")
    with monkeypatch.context() as patch:
        patch.setattr(resume.Checkpoints, "save_checkpoint", noted)
        trained_trial(cohort, trial, settings)
    assert len(saved) == 3, "one epoch was left"
    weights = "model/model.safetensors"
    assert (trial / weights).read_bytes() == (by_hand / weights).read_bytes()
    assert len(history.read(trial / "history.tsv")) == 4 and not (trial / "checkpoints").exists()


# The space


def test_settings_are_laid_over_a_copy() -> None:
    run = {"training": {"max_epochs": 3, "patience": 1}, "model": {"graph": {"axes": 4}}}
    assert laid_over(run, {"training/patience": 2, "model/graph/axes": 8}) == {
        "training": {"max_epochs": 3, "patience": 2},
        "model": {"graph": {"axes": 8}},
    }
    assert run["training"]["patience"] == 1
    run["search"] = {"space": {"training/patience": {"low": 2, "high": 4, "log": False}}}
    assert [*all_values(run, "training/patience")] == [2, 3, 4] and all_values(run, "model/graph/axes") == [4]
    assert points({"a": {"choices": [1, 2, 3]}, "b": {"choices": ["x", "y"]}}) == 6


def test_the_measures_of_the_embedding_that_is_kept_are_those_of_settling(trained: Path) -> None:
    table = separation.read(trained / "separation.tsv")
    measures = table[["neighbour_accuracy", "weighted_f1", "silhouette"]]
    np.testing.assert_allclose(table["separation"], np.nansum(measures, axis=1))
    assert table.loc[table["kept"], "separation"].item() == table["separation"].max()
