"""Levels that are taken out of a circuit, what imputation makes of them, and what stands beside the networks for it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sklearn.impute import KNNImputer

from tests.circuit.material import GENES, experiments
from tests.support.workflow import ROOT
from workflow_scripts.circuit.hide_levels import hide_levels
from workflow_scripts.circuit.inputs import all_networks, of_circuit_variants, of_missing
from workflow_scripts.circuit.score_imputed_levels import score_imputed_levels
from workflow_scripts.contracts import experiments as contract
from workflow_scripts.contracts import metrics
from workflow_scripts.docs.reruns import demo as demo_configuration
from workflow_scripts.settings.errors import BadConfiguration
from workflow_scripts.settings.settings import Settings

SCORES = {"seed": 1, "bootstrap_samples": 50}


@pytest.fixture
def complete(tmp_path: Path) -> Path:
    data = experiments(noise=0.02, number=12)
    path = tmp_path / "experiments.h5ad"
    contract.write(np.asarray(data.X), data.obs, GENES, path, unit="u", time_unit="min")
    return path


def hidden(complete: Path, percent: str, seed: int = 1) -> np.ndarray:
    """Whether each level was taken out (N, G)."""
    out = complete.with_name(f"{percent}.h5ad")
    hide_levels(complete=complete, experiments=out, spec={"seed": seed}, percent=percent)
    before, after = contract.read(complete), contract.read(out)
    gone = np.isnan(np.asarray(after.X))
    assert np.array_equal(np.asarray(before.X)[~gone], np.asarray(after.X)[~gone])
    assert before.obs.equals(after.obs) and before.uns == after.uns
    return gone


def test_a_greater_percent_takes_out_more_and_all_that_a_lesser_one_does(complete: Path) -> None:
    few, many = hidden(complete, "10"), hidden(complete, "40")
    assert few.mean() == pytest.approx(0.1, abs=0.05) and many.mean() == pytest.approx(0.4, abs=0.08)
    assert (many >= few).all()
    assert not np.array_equal(hidden(complete, "40", seed=2), many)


def test_what_a_perturbation_sets_stays(complete: Path) -> None:
    gone = hidden(complete, "90")
    for row, text in enumerate(contract.read(complete).obs["perturbation"]):
        for one in contract.parsed(str(text), complete):
            assert not gone[row, GENES.index(one.target)]
    assert gone.mean() > 0.7


def test_imputation_is_scored_on_what_was_taken_out_and_sees_nothing_of_it(complete: Path, tmp_path: Path) -> None:
    gone = hidden(complete, "20")
    given = complete.with_name("20.h5ad")
    files = {"complete": complete, "experiments": given, "metrics": tmp_path / "imputed.parquet"}
    score_imputed_levels(**files, spec=SCORES, network="n+20")
    true = np.asarray(contract.read(complete).X, float)
    left = np.where(gone, np.nan, true)
    guesses = {
        "knn_imputer": KNNImputer(n_neighbors=5).fit_transform(left),
        "gene_mean": np.where(gone, np.nanmean(left, axis=0), left),
    }
    rows = metrics.read(tmp_path / "imputed.parquet").set_index("model")
    assert set(rows.index) == set(guesses) and set(rows["dataset"]) == {"n+20"}
    for model, guess in guesses.items():
        apart = ((guess - true) / true.std(0))[gone]
        assert rows.loc[model, "value"] == pytest.approx(np.sqrt(np.mean(apart**2)), rel=1e-4)
        assert rows.loc[model, "ci_low"] < rows.loc[model, "value"] < rows.loc[model, "ci_high"]


def settings(**changes: Any) -> Settings:
    config = demo_configuration()[0]
    config["circuit"] |= changes
    return Settings(config, str(ROOT / "config/datasets.tsv"))


def test_networks_with_levels_missing_and_variants_stand_beside_those_of_the_configuration() -> None:
    change = {"run": "ensemble", "seeds": [3], "changes": {"plain": {"evidence": False}}}
    of = settings(missing={"networks": ["planted"], "percents": [5, 20], "seed": 1}, ablations={"parts": change})
    assert all_networks(of) == ["planted", "planted+5", "planted+20"]
    assert of.section("circuit/networks/planted+5") == of.section("circuit/networks/planted")
    assert of.section("circuit/runs/parts+plain+3") == of.section("circuit/runs/ensemble") | {
        "evidence": False,
        "seed": 3,
    }
    asked = of_missing(of, "{network}.{run}", whole=True)(SimpleNamespace(complete="planted"))
    assert asked == ["planted.ensemble", "planted+5.ensemble", "planted+20.ensemble"]
    assert of_missing(of, "{network}")(SimpleNamespace(complete="planted")) == ["planted+5", "planted+20"]
    asked = of_circuit_variants(of, "{network}.{run}")(SimpleNamespace(ablation="parts"))
    assert asked == ["planted.parts+unchanged+3", "planted.parts+plain+3"]
    assert {"planted+5.ensemble", "planted.parts+plain+3", "planted+20"} <= set(of.job_names)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"missing": {"networks": ["other"], "percents": [5], "seed": 1}},
            "missing/networks: given 'other'; .* planted",
        ),
        (
            {"ablations": {"x": {"run": "no", "seeds": [1], "changes": {"a": {"seed": 2}}}}},
            "run: given 'no'; .* ensemble",
        ),
        (
            {"ablations": {"x": {"run": "ensemble", "seeds": [1], "changes": {"a": {"members": 1}}}}},
            "changes/a: members: given 1",
        ),
    ],
)
def test_what_there_is_not_cannot_be_asked_for(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(BadConfiguration, match=said):
        settings(**changes)
