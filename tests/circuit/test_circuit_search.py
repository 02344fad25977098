"""A search for a circuit: what a trial trains, and which is taken, by experiments held out and by nothing else."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.circuit.material import GENES, SPEC, experiments
from tests.circuit.test_learning import POLICY, SHORT
from tests.circuit.test_missing import settings
from tests.support.examples import history_table
from workflow_scripts.circuit import bundle, held_out, learning
from workflow_scripts.circuit.data import circuit
from workflow_scripts.circuit.inputs import all_circuit_trials, earlier_circuit_trials, unsearched_circuits
from workflow_scripts.circuit.suggest_circuit import suggest_circuit
from workflow_scripts.circuit.take_circuit import take_circuit
from workflow_scripts.circuit.training import train
from workflow_scripts.circuit.try_circuit import try_circuit
from workflow_scripts.contracts import edges, history, penalties, trial_settings, trials
from workflow_scripts.contracts import experiments as contract
from workflow_scripts.docs.rules import rules
from workflow_scripts.io.errors import BadInput
from workflow_scripts.settings.errors import BadConfiguration
from workflow_scripts.training.resume import Checkpoints

# Of each trial its setting, and the errors of all, over time and at rest of the penalty that it chose.
TRIALS = {"001": (0.01, 0.50, 0.40, 0.60), "002": (0.02, 0.45, 0.50, 0.40), "003": (0.03, 0.55, 0.30, np.nan)}


def done(folder: Path) -> list[Path]:
    """The files of trials whose numbers are made up."""
    for name, (penalty, error, over_time, at_rest) in TRIALS.items():
        (folder / name / "model").mkdir(parents=True)
        (folder / name / "model/config.json").write_text(json.dumps(name))
        tried = {"penalty": [0.1, 0.3], "held_out_error": [error, 0.9], "roll_out_error": [over_time, 0.01]}
        table = pd.DataFrame({**tried, "perturbation_error": [at_rest, 0.01], "chosen": [True, False]})
        penalties.write(table, folder / name / "selection.tsv")
        history.write(history_table(), folder / name / "history.tsv")
        edges.write(edges.of_matrix(np.full((3, 3), float(name)), GENES), folder / name / "edges.parquet")
        trial_settings.write({"input_penalty": penalty}, folder / name / "settings.json")
    return [folder / name for name in TRIALS]


def take(folders: list[Path], into: Path, objective: str) -> pd.DataFrame:
    take_circuit(
        suggested=[folder / "settings.json" for folder in folders],
        models=[folder / "model" for folder in folders],
        histories=[folder / "history.tsv" for folder in folders],
        selections=[folder / "selection.tsv" for folder in folders],
        ranked=[folder / "edges.parquet" for folder in folders],
        model=into / "model",
        history=into / "history.tsv",
        selection=into / "selection.tsv",
        edges=into / "edges.parquet",
        settings=into / "settings.json",
        table=into / "trials.tsv",
        spec={"objective": objective},
    )
    return trials.read(into / "trials.tsv")


@pytest.mark.parametrize(("objective", "order"), [("held_out", [2, 1, 3]), ("roll_out", [3, 1, 2])])
def test_the_trial_with_the_least_error_held_out_is_the_run(objective: str, order: list[int], tmp_path: Path) -> None:
    table = take(done(tmp_path), tmp_path / "run", objective)
    assert table["trial"].tolist() == order and table["rank"].tolist() == [1, 2, 3]
    best = f"{order[0]:03d}"
    assert table["input_penalty"].tolist() == [TRIALS[f"{of:03d}"][0] for of in order]
    assert table[objective].tolist() == sorted(table[objective])
    for file in ("model/config.json", "settings.json"):
        assert (tmp_path / "run" / file).read_bytes() == (tmp_path / best / file).read_bytes()
    for read, file in ((edges.read, "edges.parquet"), (penalties.read, "selection.tsv")):
        assert read(tmp_path / "run" / file).equals(read(tmp_path / best / file))


def test_a_trial_without_the_number_that_decides_ends_the_search(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="selection.tsv.*perturbation.*not defined"):
        take(done(tmp_path), tmp_path / "run", "perturbation")


def test_what_is_suggested_follows_from_the_trials_before(tmp_path: Path) -> None:
    """Near the best of many: of the objective that is asked for, and not of another."""
    space = {"input_penalty": {"low": 0.0, "high": 1.0, "log": False}}
    found = {}
    for objective, best in (("held_out", 0.2), ("roll_out", 0.8)):
        folders = []
        for number, value in enumerate(np.linspace(0, 1, 15)):
            folders.append(tmp_path / objective / str(number))
            folders[-1].mkdir(parents=True)
            errors = {"held_out": (value - 0.2) ** 2, "roll_out": (value - 0.8) ** 2}
            row = {"penalty": 0.1, "held_out_error": errors["held_out"], "roll_out_error": errors["roll_out"]}
            penalties.write(
                pd.DataFrame([{**row, "perturbation_error": np.nan, "chosen": True}]), folders[-1] / "selection.tsv"
            )
            trial_settings.write({"input_penalty": float(value)}, folders[-1] / "settings.json")
        suggest_circuit(
            earlier=[folder / "settings.json" for folder in folders],
            selections=[folder / "selection.tsv" for folder in folders],
            settings=tmp_path / f"{objective}.json",
            spec={"method": "optuna", "seed": 1, "space": space, "objective": objective},
            trial=16,
        )
        found[objective] = trial_settings.read(tmp_path / f"{objective}.json")["input_penalty"]
        assert abs(found[objective] - best) < 0.3


def test_a_trial_is_trained_with_its_settings_and_its_errors_are_those_of_what_is_held_out(tmp_path: Path) -> None:
    data = experiments(noise=0.02)
    contract.write(np.asarray(data.X), data.obs, GENES, tmp_path / "x.h5ad", unit="u", time_unit="min")
    trial_settings.write({"training/steps": 40, "penalties": [0.05]}, tmp_path / "settings.json")
    made = {"model": "model", "history": "history.tsv", "selection": "selection.tsv", "edges": "edges.parquet"}
    try_circuit(
        experiments=tmp_path / "x.h5ad",
        settings=tmp_path / "settings.json",
        candidates=None,
        **{name: tmp_path / file for name, file in made.items()},
        spec=SPEC,
        policy=POLICY,
        code="c",
        threads=1,
        memory_mb=2000,
    )
    (row,) = penalties.read(tmp_path / "selection.tsv").to_dict("records")
    known = circuit(contract.read(tmp_path / "x.h5ad"))
    spec: dict[str, Any] = SPEC | {"training": SPEC["training"] | {"steps": 40}}
    (best,) = train(known, spec, POLICY, {0.05: Checkpoints(tmp_path, "x")})
    assert row["held_out_error"] == pytest.approx(best.error)
    held = learning.Material(known, SPEC["members"], SPEC["seed"]).held_out()
    sums = [(total.item(), number) for total, number in learning.errors(best.model, held)]
    assert row["roll_out_error"] == pytest.approx(sums[0][0] / sums[0][1])
    assert row["perturbation_error"] == pytest.approx(sums[1][0] / sums[1][1])
    together = sum(total for total, _ in sums) / sum(number for _, number in sums)
    assert row["held_out_error"] == pytest.approx(together, rel=1e-5), "of the epoch that is kept"
    written = bundle.read(tmp_path / "model").calibrations
    expected = held_out.calibrations(best.model, learning.Material(known, SPEC["members"], SPEC["seed"]))
    for kind in ("at_rest", "over_time"):
        for one, other in zip(getattr(written, kind), getattr(expected, kind), strict=True):
            np.testing.assert_array_equal(one, other)


def test_neither_what_suggests_nor_what_takes_is_given_a_truth() -> None:
    found = {
        rule.name: set(rule.names("input")) for rule in rules() if rule.name in ("suggest_circuit", "take_circuit")
    }
    assert found["suggest_circuit"] == {"earlier", "selections", "seals"}
    assert found["take_circuit"] == {"suggested", "models", "histories", "selections", "seals", "ranked"}
    assert not {"truth", "outcomes"} & set(inspect.signature(try_circuit).parameters)


def searched(**search: Any) -> dict[str, Any]:
    return {"runs": {"ensemble": SEARCHED | {"search": {"trials": 5, "at_once": 2, **search}}}}


SEARCHED = {"members": 3, "training": SHORT}
SPACE = {"input_penalty": {"low": 1e-3, "high": 1.0, "log": True}}


def test_each_network_has_trials_of_its_own() -> None:
    of = settings(**searched(space=SPACE))
    assert unsearched_circuits(of) == []
    given = {"network": "planted", "run": "ensemble", "trial": "004"}
    wildcards = SimpleNamespace(items=lambda: given.items(), **given)
    assert all_circuit_trials(of, "{network}/{trial}")(wildcards) == [f"planted/00{trial}" for trial in range(1, 6)]
    assert earlier_circuit_trials(of, "{trial}")(wildcards) == ["001", "002"]
    assert "planted.ensemble.005" in of.job_names


@pytest.mark.parametrize(
    ("space", "said"),
    [
        ({"members": {"choices": [2, 3]}}, "search/space: given 'members'; allowed: one of .*penalties"),
        ({"training/accelerator": {"choices": ["cpu"]}}, "given 'training/accelerator'; allowed"),
        ({"training/window": {"low": 0, "high": 3}}, "space/training/window: training/window: given 0"),
    ],
)
def test_only_what_a_run_can_have_is_searched(space: dict[str, Any], said: str) -> None:
    with pytest.raises(BadConfiguration, match=said):
        settings(**searched(space=space))
