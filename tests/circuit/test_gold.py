"""What is true of a circuit is read by scoring alone."""

from __future__ import annotations

from pathlib import Path

import anndata
import numpy as np
import pytest

from tests.circuit.material import GENES, SPEC, experiments
from tests.circuit.test_learning import POLICY
from workflow_scripts.circuit import bundle, held_out, learning, training
from workflow_scripts.circuit.data import circuit
from workflow_scripts.circuit.predict_responses import predict_responses
from workflow_scripts.contracts import experiments as contract
from workflow_scripts.contracts import responses
from workflow_scripts.docs.reruns import sections, shown
from workflow_scripts.docs.rules import closure
from workflow_scripts.training.resume import Checkpoints

GOLD = ("truth", "double_knockouts", "double_knockout_pairs")
LEARNING = {"prepare_experiments", "prepare_candidates", "infer_baselines", "train_circuit", "try_circuit"}


def test_no_rule_that_learns_or_chooses_follows_from_what_is_true() -> None:
    assert not closure({"prepare_truth", "prepare_outcomes"}) & LEARNING
    for rule in LEARNING:
        asked = [path for path in (*sections().get(rule, []), *shown().get(rule, [])) if path.startswith("circuit/")]
        for path in asked:
            assert not path.endswith(GOLD), f"{rule} reads {path}"
            if path.startswith("circuit/networks/{network}("):
                assert all(f"(?!/{name}(/|$))" in path for name in GOLD), f"{rule} follows {path}"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Experiments on the circuit of `material`, and a model of them."""
    folder = tmp_path_factory.mktemp("trained")
    data = experiments(noise=0.01)
    units = {"unit": "u", "time_unit": "min"}
    contract.write(np.asarray(data.X), data.obs, GENES, folder / "experiments.h5ad", **units)
    known = circuit(contract.read(folder / "experiments.h5ad"))
    (best, *_) = training.train(known, SPEC, POLICY, {0.01: Checkpoints(folder, "x")})
    intervals = held_out.calibrations(best.model, learning.Material(known, SPEC["members"], SPEC["seed"]))
    bundle.write(best.model, folder / "model", bundle.Known(GENES, [], "u", "min"), 1, intervals)
    return folder


def predicted(folder: Path, levels: np.ndarray, name: str) -> anndata.AnnData:
    done = ["a:knockout+b:knockout", "a:knockout+c:knockout"]
    obs = experiments().obs.iloc[:2].assign(perturbation=done)
    outcomes, written = folder / f"{name}.h5ad", folder / f"{name}.predicted.h5ad"
    contract.write(levels, obs, GENES, outcomes, unit="u", time_unit="min")
    given = {"experiments": folder / "experiments.h5ad", "model": folder / "model"}
    predict_responses(**given, outcomes=outcomes, predicted=written, run="r", threads=1)
    return responses.read(written)


def test_predictions_know_nothing_of_outcomes(trained: Path) -> None:
    one, other = (predicted(trained, np.full((2, 3), level), f"at {level}") for level in (0.0, 0.7))
    np.testing.assert_array_equal(one.X, other.X)
    for layer in ("sd", "low", "high"):
        np.testing.assert_array_equal(one.layers[layer], other.layers[layer])


def test_knocked_out_genes_are_silent_and_others_move_as_planted(trained: Path) -> None:
    found = predicted(trained, np.zeros((2, 3)), "any")
    assert (found.X[0, :2] == 0).all() and (found.X[1, [0, 2]] == 0).all()
    # b activates nothing and represses c by 0.6 of its level: without b, c is at its base, 0.9
    assert found.X[0, 2] == pytest.approx(0.9, abs=0.08)
    # without a, b is at its own base, 0.2
    assert found.X[1, 1] == pytest.approx(0.2, abs=0.08)
    spread = found.layers["sd"]
    assert (spread[found.X == 0] == 0).all() and (spread[found.X > 0] > 0).all()
    low, high = found.layers["low"], found.layers["high"]
    assert np.isnan(low[found.X == 0]).all() and np.isnan(high[found.X == 0]).all()
    assert (low[found.X > 0] < found.X[found.X > 0]).all() and (found.X[found.X > 0] < high[found.X > 0]).all()
