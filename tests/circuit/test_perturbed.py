"""Perturbations of any kind: tables of them, and what is learned of compounds by dose."""

from __future__ import annotations

from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
import torch

from tests.circuit.material import GENES, SPEC, experiments, rest
from tests.circuit.test_doors import WILD, prepared
from tests.circuit.test_learning import POLICY
from workflow_scripts.circuit import bundle, held_out, learning, training
from workflow_scripts.circuit.data import circuit
from workflow_scripts.circuit.dynamics import Dynamics, Shape
from workflow_scripts.circuit.use import load
from workflow_scripts.contracts import experiments as contract
from workflow_scripts.io.errors import BadInput
from workflow_scripts.training.resume import Checkpoints

TOLD = "perturbation\tseries\ttime\tG1\tG2\tG3\n"
TABLE = (
    TOLD + "G1:overexpression:2\t\t\t1\t0.2\t0.7\n"
    "drug:chemical:0.5\t\t\t0.4\t0.2\tNA\n"
    "\tcourse\t0\t0.5\t0.2\t0.7\n"
    "drug:chemical:10\tcourse\t7\t0.5\t0.3\t0.7\n"
    "\tcourse\t40\t0.5\t0.4\t0.7\n"
)


def test_each_line_says_what_was_done_at_rest_and_over_time(tmp_path: Path) -> None:
    found = contract.read(prepared(tmp_path, wild_type=WILD, perturbed=TABLE))
    done = ["", "G1:overexpression:2", "drug:chemical:0.5", "", "drug:chemical:10", ""]
    assert found.obs["perturbation"].tolist() == done
    assert found.obs["series"].tolist() == [""] * 3 + ["perturbed_course"] * 3
    assert found.obs["time"].tolist()[3:] == [0, 7, 40] and not found.obs["disturbed"].any()
    known = circuit(found)
    assert known.compounds == ["drug"] and known.chemicals[:, 0].tolist() == [0, 0, 0.5, 0, 10, 0]
    assert known.rates[1].tolist() == [2, 1, 1] and (np.delete(known.rates, 1, 0) == 1).all()


def test_such_a_table_alone_is_enough(tmp_path: Path) -> None:
    assert contract.read(prepared(tmp_path, perturbed=TABLE)).n_obs == 5


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("perturbation\tseries", "series\tperturbation", "line 1: does not begin with perturbation, series, time"),
        ("G3\n", "G9\n", "line 1: .*G9 for G3"),
        ("G1:over", "G9:over", "line 2: G9 is none of the 3 genes of the table"),
        ("overexpression:2", "overexpression", "line 2: perturbation .* is none"),
        ("chemical:0.5\t\t", "chemical:0.5\tcourse\t", "line 3: has a series without a time"),
        ("chemical:0.5\t\t", "chemical:0.5\t\t3", "line 3: has a series without a time, or a time without"),
        ("course\t40", "course\t7", "line 6: series course goes from 7 to 7"),
        ("course\t40", "course\t-1", "line 6: series course goes from 7 to -1"),
        ("\tcourse\t40", "G1:knockout\tcourse\t40", "line 6: another gene is perturbed than before in series course"),
        ("0.4\t0.7", "0.4\thigh", "line 6, G3: 'high' is no level"),
        ("\t0.4\t0.7", "\t0.7", "line 6: holds 5 fields, the header 6"),
        (TABLE.removeprefix(TOLD), "", "holds no measurement"),
    ],
)
def test_what_is_wrong_in_such_a_table_is_said_with_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert TABLE.count(old) == 1
    with pytest.raises(BadInput, match=said):
        prepared(tmp_path, wild_type=WILD, perturbed=TABLE.replace(old, new))


HALF, EFFECT = 2.0, np.array([0.0, 0.5, 0.0])  # of a compound that acts on b, which represses c


def dosed(noise: float = 0.01) -> anndata.AnnData:
    """The experiments of `material`, and doses of a compound."""
    data = experiments(noise=noise)
    doses = [0.2, 0.5, 1.0, 2.0, 5.0, 20.0]
    levels = np.array([rest(np.ones(3), EFFECT * dose / (dose + HALF)) for dose in doses])
    levels += noise * np.random.default_rng(5).standard_normal(levels.shape)
    about = {"perturbation": [f"drug:chemical:{dose:g}" for dose in doses], "series": "", "time": np.nan}
    obs = pd.DataFrame({**about, "disturbed": False, "replicates": 1}, index=[f"d{dose:g}" for dose in doses])
    return anndata.AnnData(
        np.concatenate([data.X, levels.astype(np.float32)]), obs=pd.concat([data.obs, obs]), var=data.var
    )


def test_a_dose_acts_as_the_emax_model_has_it() -> None:
    model = Dynamics(Shape(members=2, genes=2, candidates=1, inputs=2, compounds=1))
    model.source.copy_(torch.tensor([[1], [0]]))
    with torch.no_grad():
        model.half_dose.copy_(torch.log(torch.tensor([[2.0], [0.5]])))
        model.effect.copy_(torch.tensor([[[3.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]]]))
    for name in ("sd", "ceiling"):
        getattr(model, name).fill_(10.0 if name == "ceiling" else 1.0)
    made = model.production(torch.zeros(2, 3, 2), torch.tensor([[0.0, 0], [2.0, 0], [0.5, 1]]), torch.ones(3, 2))
    wanted = [[[0, 0], [3 * 0.5, 0], [3 * 0.2, 1]], [[0, 0], [0.8, 0], [0.5, 1]]]
    np.testing.assert_allclose(made.detach(), wanted, rtol=1e-5)


def test_a_compound_s_target_its_sign_and_its_half_dose_are_learned(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    known, spec = circuit(dosed()), SPEC | {"penalties": [0.01], "training": SPEC["training"] | {"steps": 600}}
    (best, *_) = training.train(known, spec, POLICY, {0.01: Checkpoints(tmp_path, "x")})
    intervals = held_out.calibrations(best.model, learning.Material(known, SPEC["members"], SPEC["seed"]))
    bundle.write(best.model, tmp_path / "model", bundle.Known(GENES, ["drug"], "u", "min"), 1, intervals)
    learned = load(tmp_path / "model")
    found = learned.targets()
    assert found["gene"][0] == "b" and found["effect"][0] > 0 and (found["compound"] == "drug").all()
    assert abs(found["effect"][0]) > 3 * found["effect"][1:].abs().max() and found["stability"][0] == 1
    assert 0.5 * HALF < found["half_dose"][0] < 2 * HALF
    # a dose that was never given: b rises, and c falls with it
    change = learned.predict("drug:chemical:3")["change"]
    wanted = rest(np.ones(3), EFFECT * 3 / (3 + HALF)) - rest(np.ones(3))
    np.testing.assert_allclose(change, wanted, atol=0.06)


def test_of_a_compound_one_dose_is_held_out_of_a_gene_all_that_is_done_to_it() -> None:
    known = circuit(dosed())
    _, of_rest = learning.folds(known, SPEC["members"], SPEC["seed"])
    done = [known.perturbations[row] for row in known.at_rest]
    of_drug = {fold for those, fold in zip(done, of_rest, strict=True) if those and those[0].kind == "chemical"}
    of_a = {fold for those, fold in zip(done, of_rest, strict=True) if those and those[0].target == "a"}
    assert len(of_drug) > 1 and len(of_a) == 1
