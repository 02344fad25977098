"""From tables in the layout of DREAM4 to Experiments, outcomes and the truth; what is wrong in them, in one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from workflow_scripts.circuit.prepare_experiments import prepare_experiments
from workflow_scripts.circuit.prepare_outcomes import prepare_outcomes
from workflow_scripts.circuit.prepare_truth import prepare_truth
from workflow_scripts.contracts import edge_truth
from workflow_scripts.contracts import experiments as contract
from workflow_scripts.io.errors import BadInput

HEADER = '"G1"\t"G2"\t"G3"\n'
WILD = HEADER + "0.5\t0.25\t0.75\n"
KNOCKOUTS = HEADER + "0\t0.2\t0.7\n0.5\t0\t0.9\n0.4\tNA\t0\n"
SERIES = '"Time"\t"G1"\t"G2"\t"G3"\n\n0.0\t0.5\t0.2\t0.7\n50.0\t0.6\t0.2\t0.7\n\n0\t0.1\t0.2\t0.3\n100\t0.2\t0.3\t0.4\n'
SPEC = {"knockdown_rate": 0.4, "disturbed_until": 50, "unit": "u", "time_unit": "min"}
TABLES = ("wild_type", "knockouts", "knockdowns", "multifactorial", "time_series", "perturbed")


def prepared(folder: Path, ends: str = "\n", **tables: str) -> Path:
    files = dict.fromkeys(TABLES)
    for name, text in tables.items():
        files[name] = folder / f"{name}.tsv"
        files[name].write_bytes(text.replace("\n", ends).encode())
    prepare_experiments(**files, experiments=folder / "experiments.h5ad", spec=SPEC)
    return folder / "experiments.h5ad"


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_tables_come_back_as_they_are_with_any_line_ends(tmp_path: Path, ends: str) -> None:
    tables = {"wild_type": WILD, "knockouts": KNOCKOUTS, "knockdowns": KNOCKOUTS, "time_series": SERIES}
    found = contract.read(prepared(tmp_path, ends, **tables, multifactorial=WILD))
    assert list(found.var_names) == ["G1", "G2", "G3"]
    obs = found.obs
    assert obs["perturbation"].tolist() == [
        "", "G1:knockout", "G2:knockout", "G3:knockout", "G1:knockdown:0.4", "G2:knockdown:0.4", "G3:knockdown:0.4",
        "", "", "", "", "",
    ]  # fmt: skip
    assert obs["series"].tolist() == [""] * 8 + ["series_1"] * 2 + ["series_2"] * 2
    assert obs["time"].tolist()[8:] == [0, 50, 0, 100] and obs["time"].isna().sum() == 8
    assert obs["disturbed"].tolist() == [False] * 7 + [True] + [True, False, True, False]
    values = [[0.5, 0.25, 0.75], [0, 0.2, 0.7], [0.5, 0, 0.9], [0.4, np.nan, 0]]
    np.testing.assert_allclose(np.asarray(found.X)[:4], values, rtol=1e-6)
    np.testing.assert_allclose(np.asarray(found.X)[-1], [0.2, 0.3, 0.4], rtol=1e-6)


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"wild_type": WILD, "knockouts": KNOCKOUTS.replace("G2", "G9")}, "line 1: .* G9 for G2"),
        ({"wild_type": WILD, "knockouts": '"G1"\t"G2"\n0\t1\n1\t0\n'}, "line 1: its 2 names are not the 3 genes"),
        ({"knockouts": KNOCKOUTS.replace("0.9", "high")}, "line 3, G3: 'high' is no level"),
        ({"knockouts": KNOCKOUTS.replace("0.9", "inf")}, "line 3, G3: 'inf' is no level"),
        ({"knockouts": KNOCKOUTS.replace("\t0.9", "")}, "line 3: holds 2 fields, the header 3"),
        ({"knockouts": WILD}, "holds 1 lines for 3 genes"),
        ({"wild_type": HEADER}, "holds no measurement"),
        ({"wild_type": WILD.replace("G3", "G1")}, "line 1: the header does not name genes, each once"),
        ({"time_series": SERIES.replace("100", "-1")}, "series 2: its times do not rise: -1 after 0"),
        ({"time_series": SERIES.replace("100", "0")}, "series 2: its times do not rise: 0 after 0"),
        ({"time_series": SERIES.replace("\n\n0\t", "\n0\t")}, "series 1: its times do not rise: 0 after 50"),
        ({"wild_type": WILD[:-1]}, "the file is cut short"),
    ],
)
def test_what_is_wrong_in_a_table_is_said(tmp_path: Path, tables: dict[str, str], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        prepared(tmp_path, **tables)
    assert not (tmp_path / "experiments.h5ad").exists()


def outcomes(folder: Path, pairs: str, levels: str) -> Path:
    (folder / "pairs.tsv").write_text(pairs)
    (folder / "levels.tsv").write_text(levels)
    known = prepared(folder, knockouts=KNOCKOUTS)
    tables = {"pairs": folder / "pairs.tsv", "levels": folder / "levels.tsv"}
    prepare_outcomes(**tables, experiments=known, outcomes=folder / "outcomes.h5ad")
    return folder / "outcomes.h5ad"


def test_outcomes_are_of_the_genes_at_their_places(tmp_path: Path) -> None:
    found = contract.read(outcomes(tmp_path, "G_i\tG_j\n3\t1\n1\t2\n", "0\t0.2\t0\n0\t0\t0.4\n"))
    assert found.obs["perturbation"].tolist() == ["G1:knockout+G3:knockout", "G1:knockout+G2:knockout"]
    np.testing.assert_allclose(np.asarray(found.X), [[0, 0.2, 0], [0, 0, 0.4]], rtol=1e-6)


@pytest.mark.parametrize(
    ("pairs", "levels", "said"),
    [
        ("G_i\tG_j\n4\t1\n", "0\t0.2\t0\n", "line 2: 4 and 1 are not the places of two of 3 genes"),
        ("G_i\tG_j\n0\t1\n", "0\t0.2\t0\n", "line 2: 0 and 1 are not the places"),
        ("G_i\tG_j\n1\t1\n", "0\t0.2\t0\n", "line 2: 1 and 1 are not the places"),
        ("G_i\tG_j\n1\t2\n2\t3\n", "0\t0\t0.2\n", "holds 1 lines, pairs.tsv 2 pairs"),
        ("G_i\tG_j\n1\t2\n", HEADER + "0\t0\t0.2\n", "line 1: holds what is no level"),
        ("G_i\tG_j\n1\t2\n", "0\t0.2\n", "line 1: does not hold 3 levels"),
    ],
)
def test_what_is_wrong_in_outcomes_is_said(tmp_path: Path, pairs: str, levels: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        outcomes(tmp_path, pairs, levels)


def true(folder: Path, text: str) -> Path:
    (folder / "edges.tsv").write_text(text)
    known = prepared(folder, knockouts=KNOCKOUTS)
    prepare_truth(edges=folder / "edges.tsv", experiments=known, truth=folder / "truth.parquet")
    return folder / "truth.parquet"


def test_the_truth_is_every_line(tmp_path: Path) -> None:
    found = edge_truth.read(true(tmp_path, "G1\tG2\t1\nG2\tG1\t0\nG3\tG1\t1\n"))
    rows = [tuple(row) for row in found[["source", "target", "present"]].itertuples(index=False)]
    assert rows == [("G1", "G2", True), ("G2", "G1", False), ("G3", "G1", True)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("G1\tG9\t1\n", "line 1: G9 is none of the 3 genes that were measured"),
        ("G1\tG2\t0\nG2\tG1\t0\n", "holds no edge that is present"),
        ("G1\tG1\t1\n", "line 1: names a gene as its own regulator"),
        ("G1\tG2\t1\nG1\tG2\t0\n", "line 2: names an edge for the second time"),
        ("G1\tG2\n", "line 1: is no source, target and 1 or 0"),
        ("G1\tG2\t0.5\n", "line 1: is no source, target and 1 or 0"),
    ],
)
def test_what_is_wrong_in_the_truth_is_said(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        true(tmp_path, text)


@pytest.mark.parametrize(
    "text", ["G9:knockout", "G1:knockout:0.5", "G1:knockdown", "G1:kd:1", "G1", "G1:knockdown:-1", "G1:knockdown:x"]
)
def test_a_perturbation_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    known = contract.read(prepared(tmp_path, wild_type=WILD))
    obs = known.obs.assign(perturbation=text)
    with pytest.raises(BadInput, match="perturbation"):
        contract.write(np.asarray(known.X), obs, ["G1", "G2", "G3"], tmp_path / "x.h5ad", unit="u", time_unit="min")
