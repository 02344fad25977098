"""Which edges may be: lists of regulators and of edges, and that nothing has another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from tests.circuit.material import GENES, SPEC, experiments
from tests.circuit.test_doors import KNOCKOUTS, prepared
from tests.circuit.test_learning import POLICY
from workflow_scripts.circuit import bundle, learning, training
from workflow_scripts.circuit.data import circuit, imputed
from workflow_scripts.circuit.inference_baselines import INFERENCE, infer
from workflow_scripts.circuit.prepare_candidates import prepare_candidates
from workflow_scripts.contracts import candidates as contract
from workflow_scripts.io.errors import BadInput
from workflow_scripts.training.resume import Checkpoints

SETTINGS = {"trees": 20, "folds": 3}
# c may be regulated by both others, b by c alone, a by none: what is planted, a -> b, may not be
TABLE = pd.DataFrame({"source": ["c", "a", "b"], "target": ["b", "c", "c"], "prior": [0.0, 0.0, 0.75]})


def made(folder: Path, regulators: str | None = None, edges: str | None = None) -> pd.DataFrame:
    files: dict[str, Path | None] = {"regulators": None, "possible_edges": None}
    for name, text in (("regulators", regulators), ("possible_edges", edges)):
        if text is not None:
            files[name] = folder / f"{name}.tsv"
            files[name].write_text(text)
    known = prepared(folder, knockouts=KNOCKOUTS)
    prepare_candidates(**files, experiments=known, candidates=folder / "candidates.parquet")
    return contract.read(folder / "candidates.parquet")


def rows(table: pd.DataFrame) -> list[tuple]:
    return [tuple(row) for row in table.itertuples(index=False)]


def test_regulators_regulate_all_others(tmp_path: Path) -> None:
    found = made(tmp_path, regulators="G3\nG1\nG77\n")
    wanted = [("G3", "G1"), ("G1", "G2"), ("G3", "G2"), ("G1", "G3")]
    assert rows(found) == [(*edge, 0.0) for edge in wanted]


def test_possible_edges_have_a_prior_or_none(tmp_path: Path) -> None:
    found = made(tmp_path, edges="G1\tG3\nG2\tG1\t0.5\nG9\tG1\t1\n")
    assert rows(found) == [("G2", "G1", 0.5), ("G1", "G3", 0.0)]


def test_of_both_an_edge_needs_both(tmp_path: Path) -> None:
    found = made(tmp_path, regulators="G1\n", edges="G1\tG3\t0.25\nG2\tG1\t0.5\n")
    assert rows(found) == [("G1", "G3", 0.25)]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"regulators": "G1 G2\nG7\tG8\n"}, "line 2: holds 2 fields"),
        ({"regulators": "g1\n"}, "regulators.tsv: leaves no edge between two of the 3 genes that were measured"),
        ({"edges": "TP53\tMDM2\n"}, "possible_edges.tsv: leaves no edge .* such as G1"),
        ({"edges": ""}, "leaves no edge"),
        ({"edges": "G1\n"}, "line 1: is no source and target"),
        ({"edges": "G1\tG2\t1.5\n"}, "line 1: is no source and target"),
        ({"edges": "source\ttarget\tprior\n"}, "line 1: is no source and target, .* there is no header"),
        ({"edges": "G1\tG2\t0.5\tx\n"}, "line 1: is no source and target"),
        ({"edges": "G1\tG1\n"}, "line 1: names a gene as its own regulator"),
        ({"edges": "G1\tG2\nG1\tG2\t1\n"}, "line 2: names an edge for the second time"),
    ],
)
def test_what_is_wrong_in_lists_is_said(tmp_path: Path, given: dict[str, str], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        made(tmp_path, **given)


@pytest.mark.parametrize("attention", [0, 2])
def test_a_circuit_has_no_edge_that_may_not_be(tmp_path: Path, attention: int) -> None:
    torch.set_num_threads(1)
    known = circuit(experiments(noise=0.02), TABLE)
    spec = SPEC | {"attention": attention, "training": SPEC["training"] | {"steps": 40}}
    (best, *_) = training.train(known, spec, POLICY, {0.01: Checkpoints(tmp_path, "x")})
    edges = bundle.edges(best.model)
    found = {(GENES[source], GENES[target]) for source, target in zip(edges.source, edges.target, strict=True)}
    assert found == {("c", "b"), ("a", "c"), ("b", "c")}
    # nor does anything else move a gene: with others at any level, that of `a` stays
    levels = torch.tensor([[[0.5, 0.1, 0.9], [0.5, 0.9, 0.1]]])
    inputs, rates = torch.zeros(2, best.model.config.inputs), torch.ones(2, 3)
    made_of = best.model.production(levels.expand(SPEC["members"], -1, -1), inputs, rates).detach()
    assert torch.equal(made_of[:, 0, 0], made_of[:, 1, 0]) and not torch.equal(made_of[:, 0, 2], made_of[:, 1, 2])


def test_a_prior_lowers_the_penalty_by_its_share() -> None:
    """Of b -> c by three fourths; what fills the list of b up bears none, as it has no weight."""
    shares = {}
    for name, table in (("with", TABLE), ("without", TABLE.assign(prior=0.0))):
        material = learning.Material(circuit(experiments(), table), SPEC["members"], SPEC["seed"])
        model, shares[name] = training.create(material, SPEC)
    c, b = GENES.index("c"), GENES.index("b")
    of_b = int((model.source[c] == b).nonzero())
    ratio = shares["with"] / shares["without"]
    assert torch.allclose(ratio[:, c, of_b], torch.tensor(0.25))
    assert torch.allclose(ratio[:, c, 1 - of_b], torch.tensor(1.0))
    assert (shares["with"][:, GENES.index("a")] == 0).all() and (shares["with"][:, b] == 0).sum() == SPEC["members"]


def test_without_a_list_all_edges_may_be() -> None:
    known = circuit(experiments())
    assert known.most_regulators() == 2
    np.testing.assert_array_equal(np.isfinite(known.possible(range(3))), ~np.eye(3, dtype=bool))


@pytest.mark.parametrize("name", INFERENCE)
def test_no_baseline_has_an_edge_that_may_not_be(name: str) -> None:
    known, _ = imputed(circuit(experiments(noise=0.02), TABLE))
    found = infer(name, known, 1, SETTINGS)
    possible = {("c", "b"), ("a", "c"), ("b", "c")}
    assert found is not None and (found.weights > 0).any()
    there = {(GENES[source], GENES[target]) for source, target in np.argwhere(found.weights > 0)}
    assert there <= possible


@pytest.mark.parametrize("name", ["genie3", "grnboost2", "dyngenie3", "lagged_ridge", "lagged_lasso"])
def test_regressions_do_not_see_genes_that_may_not_regulate(name: str) -> None:
    """Noise in place of what may not regulate c changes nothing of what is said of c."""
    table = TABLE[(TABLE["source"] == "a") & (TABLE["target"] == "c")]
    found = []
    for seed in (None, 1):
        known, _ = imputed(circuit(experiments(noise=0.02), table))
        if seed is not None:
            levels = known.levels.copy()
            levels[:, 1] = np.random.default_rng(seed).random(len(levels))
            known = known._replace(levels=levels)
        found.append(infer(name, known, 1, SETTINGS).weights[:, 2])
    np.testing.assert_array_equal(*found)
