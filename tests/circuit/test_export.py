"""A trained circuit in the formats of other tools, and its card."""

from __future__ import annotations

import json
import re
from pathlib import Path

import anndata
import networkx
import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats

from tests.circuit.calibrated import calibrations
from tests.circuit.material import GENES, experiments
from tests.circuit.planted import planted
from workflow_scripts.circuit import bundle, card
from workflow_scripts.circuit.export_circuit import export_circuit
from workflow_scripts.contracts import comparisons, metrics, provenance, trial_settings
from workflow_scripts.contracts import experiments as contract
from workflow_scripts.evaluation.card import scores

# Of three members; from b to c one member has less than an edge, from c to a none has one
TO_B, TO_C, TO_A = np.array([0.3, 0.5, 0.4]), np.array([-0.6, 0.02, -0.7]), np.array([0.01, 0.0, -0.02])
SCORES = {"dataset": "n", "split": "test", "task": "edges", "level": "pooled", "metric": "aupr"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The inputs of an export."""
    path, data, model = tmp_path_factory.mktemp("export"), experiments(), planted()
    units = {"unit": "u", "time_unit": "min"}
    contract.write(np.asarray(data.X), data.obs, GENES, path / "experiments.h5ad", **units)
    with torch.no_grad():
        model.weight.zero_()
        for target, source, weights in ((1, 0, TO_B), (2, 1, TO_C), (0, 2, TO_A)):
            model.weight[:, target, source] = torch.tensor(weights)
    bundle.write(model, path / "model", bundle.Known(GENES, [], **units), 1, calibrations())
    rows = [("r", 0.5), ("random_order", 0.25), ("zscore", 0.75)]
    table = pd.DataFrame([{"model": name, **SCORES, "value": value} for name, value in rows])
    covered = {"model": "r", **SCORES, "task": "response", "metric": "response_coverage", "value": 0.625}
    wide = covered | {"metric": "response_width", "value": 1.75}
    table = pd.concat([table, pd.DataFrame([covered, wide])], ignore_index=True)
    metrics.write(table.assign(ci_low=0.1, ci_high=0.9, n=6), path / "metrics.parquet")
    found = [{"model": "r", "baseline": name, **SCORES, "value": 0.5, "baseline_value": of} for name, of in rows[1:]]
    found = pd.DataFrame(found).assign(difference=0.25, ci_low=0.1, ci_high=0.4, verdict="ahead")
    comparisons.write(found, path / "comparisons.parquet")
    about = dict.fromkeys(provenance.KEYS, "x") | {"bytes": 3, "simulated": True, "licence": "CC0"}
    provenance.write(about, path / "file.provenance.json")
    return path


def exported(folder: Path, name: str, stability: float, edges_per_gene: float, taken: Path | None = None) -> Path:
    export_circuit(
        **{kind: folder / f"{kind}.parquet" for kind in ("metrics", "comparisons")},
        experiments=folder / "experiments.h5ad",
        model=folder / "model",
        taken=taken,
        provenance=[folder / "file.provenance.json"],
        export=folder / name,
        spec={"seed": 1, "candidates": 512},
        selection={"stability": stability},
        evaluation={"edges_per_gene": edges_per_gene},
        network="n",
        run="r",
    )
    return folder / name


@pytest.fixture(scope="module")
def export(folder: Path) -> Path:
    return exported(folder, "export", 0.6, 1)


def table_of(export: Path) -> pd.DataFrame:
    return pd.read_csv(export / "edges.tsv", sep="\t", float_precision="round_trip")


def half(weights: np.ndarray) -> float:
    return float(stats.t.ppf(0.95, 2) * weights.std(ddof=1) * np.sqrt(1 + 1 / 3))


def test_edges_are_a_table_with_stability_and_intervals(export: Path) -> None:
    found = table_of(export)
    assert list(found.columns) == ["source", "target", "weight", "sign", "stability", "low", "high"]
    rows = [(row.source, row.target, row.sign) for row in found.itertuples()]
    assert rows == [("b", "c", -1), ("a", "b", 1)]
    for number, weights in enumerate((TO_C, TO_B)):
        expected = [weights.mean(), weights.mean() - half(weights), weights.mean() + half(weights)]
        np.testing.assert_allclose(found.loc[number, ["weight", "low", "high"]].astype(float), expected, rtol=1e-5)
    np.testing.assert_allclose(found["stability"], [2 / 3, 1])


@pytest.mark.parametrize(
    ("stability", "edges_per_gene", "kept"),
    [
        (0.0, 1, ["bc", "ab", "ca"]),
        (0.0, 2 / 3, ["bc", "ab"]),
        (0.0, 1 / 3, ["bc"]),
        (0.7, 1, ["ab"]),
        (0.7, 1 / 3, []),  # the strongest, which is not stable enough
        (0.6, 2 / 3, ["bc", "ab"]),
        (1.0, 1, ["ab"]),
    ],
)
def test_edges_are_the_strongest_that_enough_members_have(
    folder: Path, stability: float, edges_per_gene: float, kept: list[str]
) -> None:
    path = exported(folder, "other", stability, edges_per_gene)
    found = table_of(path)
    assert (found["source"] + found["target"]).tolist() == kept
    said = json.loads((path / "contents.json").read_text())["chosen"]
    assert f"at least {100 * stability:g} %" in said and f"({edges_per_gene:g} a gene)" in said


def test_a_reader_of_graphml_opens_it(export: Path) -> None:
    graph, table = networkx.read_graphml(export / "edges.graphml"), table_of(export)
    assert graph.is_directed() and list(graph.nodes) == GENES
    assert graph.graph["network"] == "n" and "members of the ensemble" in graph.graph["chosen"]
    assert graph.nodes["b"]["sd"] == pytest.approx(0.2)
    for row in table.to_dict("records"):
        assert graph.edges[row.pop("source"), row.pop("target")] == row
    assert graph.number_of_edges() == len(table)


def test_anndata_opens_it_with_sparse_weights_from_source_to_target(export: Path) -> None:
    found, table = anndata.read_h5ad(export / "edges.h5ad"), table_of(export)
    assert list(found.var_names) == GENES and found.shape == (1, 3)
    for name in ("weight", "stability", "low", "high"):
        matrix = found.varp[name]
        assert matrix.nnz == len(table)
        for row in table.to_dict("records"):
            assert matrix[GENES.index(row["source"]), GENES.index(row["target"])] == row[name]
    np.testing.assert_allclose(found.X[0], found.var["level"], rtol=1e-6)
    assert (found.uns["network"], found.uns["run"], found.uns["unit"]) == ("n", "r", "u")
    assert json.loads(found.uns["sources"])[0]["licence"] == "CC0"


def test_the_lines_of_the_card_run_and_say_what_the_model_says(export: Path) -> None:
    text = (export / "README.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    code = code.replace("from genelm", "from workflow_scripts.genelm")  # which is not installed here
    *first, last = code.replace("the folder of this file", str(export)).splitlines()
    assert len(first) == 2
    names: dict[str, object] = {}
    exec("\n".join(first), names)
    found = eval(last, names)
    at_rest = planted()
    with torch.no_grad():
        at_rest.load_state_dict(bundle.read(export).model.state_dict())
        levels = at_rest.rest(torch.zeros(1, 2), torch.tensor([[0.0, 0, 1]])).mean(0)[0]
    assert found.index.tolist() == GENES
    np.testing.assert_allclose(found["level"], levels, atol=1e-6)
    assert {"change", "sd", "low", "high"} <= set(found.columns)


def test_the_card_tells_what_it_was_learned_from_and_how_good_it_is(export: Path) -> None:
    text = (export / "README.md").read_text()
    assert text.startswith("---\nlibrary_name: genelm\n") and "Learned from simulated data" in text
    assert "| knockout | 3 |" in text and "| as it is, at rest | 1 |" in text
    assert "| time series | 5, of 65 measurements |" in text
    assert "| AUPR | n | 0.500 [0.100, 0.900] |" in text and "0.750 [0.100, 0.900] | ahead |" in text  # the best
    assert "| x | x | CC0 |" in text
    assert "the same 2 edges among 3 genes" in text
    said = "Measured: coverage of the 90 % interval 62 %, width of the 90 % interval 1.75 sds of the gene.\n"
    assert f"all of which may be wrong. {said}" in text


def test_the_card_of_a_run_that_was_searched_has_the_settings_of_its_best_trial(folder: Path) -> None:
    trial_settings.write({"candidates": 64}, folder / "settings.json")
    text = (exported(folder, "searched", 0.6, 1, folder / "settings.json") / "README.md").read_text()
    assert '{\n  "candidates": 64,\n  "seed": 1\n}' in text


def test_a_score_of_which_less_is_better_stands_beside_the_least() -> None:
    place = SCORES | {"task": "response", "metric": "response_rmse"}
    table = pd.DataFrame([{"model": name, **place, "value": of} for name, of in (("r", 1.0), ("x", 2.0), ("y", 3.0))])
    found = pd.DataFrame([{"model": "r", "baseline": name, **place} for name in "xy"]).assign(baseline_value=[2.0, 3.0])
    ((*_, best, _, verdict),) = scores(
        table.assign(ci_low=0.0, ci_high=9.0), found.assign(verdict="ahead"), {"response_rmse": "pooled"}
    )
    assert (best, verdict) == ("x", "ahead")


def test_a_circuit_that_was_not_scored_has_a_card(folder: Path) -> None:
    known = card.Circuit([], *[np.zeros((0, 0))] * 3, [], [], [], *[np.zeros(0, int)] * 4)
    empty = pd.DataFrame(columns=["model", *SCORES, "baseline", "baseline_value", "value"])
    about = {"network": "n", "run": "r", "unit": "u", "time_unit": "min", "chosen": "all"}
    exported = card.Exported(*[pd.DataFrame()] * 3, about, [])
    config = {"parameters": 5, "seed": 1, "architecture": {"members": 2}}
    text = card.write_card(exported, known._replace(genes=GENES), config, {}, empty, empty)
    assert "Nothing was scored" in text and "knows no time" in text and "circuit.follow" not in text
