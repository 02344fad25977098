"""Perturbed single cells: what their file becomes, vectors of genes, and one line for each file that cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest

from tests.circuit.perturbed_cells import GENES, attested, cells, prepared, spec, write
from workflow_scripts.circuit import cells as reading
from workflow_scripts.circuit.cell_checks import faults
from workflow_scripts.circuit.cells import mean_effects, read_cells
from workflow_scripts.circuit.effect_tasks import changes
from workflow_scripts.circuit.embed_interactome import embed_interactome
from workflow_scripts.circuit.interactome import read_complexes, spectral_embedding
from workflow_scripts.contracts import effects, gene_embedding
from workflow_scripts.io.errors import BadInput
from workflow_scripts.settings.schema import complete, load_schema


@pytest.mark.parametrize("sparse", ["", "csr", "csc"])
def test_means_are_over_the_cells_of_a_perturbation_in_a_context(
    tmp_path: Path, sparse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "AT_ONCE", 7)  # blocks that end within a perturbation
    data = cells()
    file = write(data, tmp_path / "cells.h5ad", sparse)
    found = read_cells(file, spec())
    means = mean_effects(file, "", found, 1)
    table = pd.DataFrame(np.asarray(data.X), columns=GENES).assign(
        name=data.obs["condition"].astype(str).replace("control", "").to_numpy(),
        line=data.obs["line"].astype(str).to_numpy(),
    )
    expected = table.groupby(["name", "line"])[GENES].mean()
    keys = pd.MultiIndex.from_frame(found.rows[["perturbation", "context"]])
    assert len(keys) == len(expected) == 2 * (1 + 8 + 6) and (found.rows["cells"] == 8).all()
    np.testing.assert_allclose(means.mean, expected.loc[keys].to_numpy())
    np.testing.assert_allclose(means.halves.mean(0), means.mean)  # of eight cells each half has four
    assert (np.abs(means.halves[0] - means.halves[1]).max(1) > 1e-3).all()


def test_halves_are_of_cells_apart_and_follow_the_seed(tmp_path: Path) -> None:
    data = cells(each=5)
    data.X = np.eye(len(data), len(GENES))[:, ::-1] * 0.5 + 0.25  # no whole numbers
    file = write(data, tmp_path / "cells.h5ad")
    found = read_cells(file, spec())
    first, again, other = (reading.halves(found.row, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    for row in range(len(found.rows)):
        assert sorted(np.bincount(first[found.row == row])) == [2, 3]


def test_the_file_of_effects_has_genes_rows_and_unit(tmp_path: Path) -> None:
    data = effects.read(prepared(cells(), tmp_path))
    assert list(data.var_names) == GENES and str(data.uns["unit"]) == "ln(1 + counts per 10,000)"
    assert (data.obs["perturbation"] == "").sum() == 2 and len(data) == 30


def test_changes_are_from_the_control_cells_of_the_same_context(tmp_path: Path) -> None:
    data = cells()
    known, halves = changes(effects.read(prepared(data, tmp_path)))
    x, names, lines = np.asarray(data.X), *(data.obs[of].astype(str).to_numpy() for of in ("condition", "line"))
    for genes, line, change in zip(*known, strict=True):
        of = (names == "+".join(genes)) & (lines == line)
        expected = x[of].mean(0) - x[(names == "control") & (lines == line)].mean(0)
        np.testing.assert_allclose(change, expected, atol=1e-5)
    assert len(known.targets) == 28
    np.testing.assert_allclose(halves.mean(0), known.change, atol=1e-5)


def test_cells_in_which_nothing_was_counted_are_no_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "AT_ONCE", 7)
    data = cells()
    data.X[-7:] = 0
    prepared(data, tmp_path)


def test_labels_are_sorted_and_control_beside_a_gene_is_left_out(tmp_path: Path) -> None:
    data = cells()
    names = data.obs["condition"].astype(str)
    data.obs["condition"] = names.replace({"G0": "control+G0", "G1": "G1+control", "G0+G1": "G1+G0", "G7": None})
    found = read_cells(write(data, tmp_path / "cells.h5ad"), spec())
    plain = read_cells(write(cells(), tmp_path / "plain.h5ad"), spec())
    lost = plain.rows["perturbation"] == "G7"
    assert found.rows["perturbation"].tolist() == plain.rows.loc[~lost, "perturbation"].tolist()
    assert (found.row[(names == "G7").to_numpy()] == -1).all()  # cells without a label


def test_a_perturbation_of_few_cells_is_left_out_of_that_context_alone(tmp_path: Path) -> None:
    data = cells()
    few = (data.obs["condition"] == "G3") & (data.obs["line"] == "b")
    data = data[~few | (few.cumsum() <= 3)].copy()
    found = read_cells(write(data, tmp_path / "cells.h5ad"), spec())
    assert found.rows.loc[found.rows["perturbation"] == "G3", "context"].tolist() == ["a"]
    assert (found.row == -1).sum() == 3


def test_without_a_context_all_cells_are_of_one(tmp_path: Path) -> None:
    file = write(cells(), tmp_path / "cells.h5ad")
    found = read_cells(file, spec(columns={"perturbation": "condition", "context": ""}))
    assert set(found.rows["context"]) == {""} and (found.rows["cells"] == 16).all()


def relabelled(**labels: str) -> Callable[[anndata.AnnData], None]:
    def change(data: anndata.AnnData) -> None:
        data.obs["condition"] = (
            data.obs["condition"].astype(str).replace({name.replace("_", "+"): to for name, to in labels.items()})
        )

    return change


def parted_otherwise(data: anndata.AnnData) -> None:
    data.obs["condition"] = data.obs["condition"].astype(str).str.replace("+", "_")


def without_control_of_b(data: anndata.AnnData) -> None:
    control = (data.obs["condition"] == "control") & (data.obs["line"] == "b")
    data.obs["condition"] = data.obs["condition"].astype(str).where(~control, "G0")


def named_twice(data: anndata.AnnData) -> None:
    data.var_names = [*GENES[:-1], GENES[3]]


def not_a_number(data: anndata.AnnData) -> None:
    data.X[3, 4] = np.nan


def counts(data: anndata.AnnData) -> None:
    data.X = np.round(data.X)


FAULTS = {
    "no such column": (
        None,
        {"columns": {"perturbation": "gene", "context": ""}},
        "obs/gene: is missing. Name one of cond",
    ),
    "no such context": (None, {"columns": {"perturbation": "condition", "context": "donor"}}, "obs/donor: is missing"),
    "no control": (None, {"control": "NT"}, "no cell is 'NT' in column 'condition'"),
    "no control of a context": (without_control_of_b, {}, "context 'b': has fewer than 4 control cells"),
    "a gene twice": (named_twice, {}, "var, gene 'G3': stands twice"),
    "another separator": (parted_otherwise, {}, r"perturbation 'G0_G1': is G0 and G1 with '_' between, not '\+'"),
    "half a double": (relabelled(G0_G1="G0+"), {}, r"perturbation 'G0\+': does not name genes with '\+' between"),
    "a gene upon itself": (relabelled(G0_G1="G0+G0"), {}, r"perturbation 'G0\+G0': does not name genes .* each once"),
    "few cells": (None, {"min_cells": 9}, "0 genes were perturbed alone in 9 cells or more, 6 are needed"),
    "few perturbations": (
        relabelled(G0="control", G1="control", G2="control"),
        {},
        "5 genes were perturbed alone in 4 cells or more, 6 are needed",
    ),
    "no number": (not_a_number, {}, "X, cell 4: holds what is no number"),
    "counts": (counts, {}, "X: holds whole numbers alone, as counts are"),
    "no such layer": (None, {"layer": "logs"}, "layers/logs: is missing; layers of the file: none"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_file_that_cannot_be_read_is_told_in_one_line(tmp_path: Path, fault: str) -> None:
    change, changes, said = FAULTS[fault]
    data = cells()
    if change:
        change(data)
    with pytest.raises(BadInput, match=said) as error:
        prepared(data, tmp_path, **changes)
    assert "\n" not in str(error.value) and not (tmp_path / "effects.h5ad").exists()


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    file = write(cells(), tmp_path / "cells.h5ad")
    file.write_bytes(file.read_bytes()[:3000])
    with pytest.raises(BadInput, match="cells.h5ad: not a readable .h5ad file"):
        read_cells(file, spec())


# vectors


def test_coexpression_is_of_control_cells_alone_and_nearly_their_correlation(tmp_path: Path) -> None:
    data = cells(each=40)
    data.X = np.asarray(data.X).copy()
    control = (data.obs["condition"] == "control").to_numpy()
    data.X[control, 5] = data.X[control, 4] + np.random.default_rng(1).normal(0, 0.1, control.sum())
    data.X[control, 11] = 0.5
    prepared(data, tmp_path)
    before = gene_embedding.read(tmp_path / "coexpression.h5ad")
    assert before.obs["missing"].tolist() == [False] * 11 + [True]
    x = np.asarray(data.X)[control]
    line = data.obs["line"].to_numpy()[control]
    centred = np.concatenate([x[line == name] - x[line == name].mean(0) for name in ("a", "b")])[:, :11]
    vectors = np.asarray(before.X, float)[:11]
    np.testing.assert_allclose(vectors @ vectors.T, np.corrcoef(centred, rowvar=False), atol=1e-4)  # all 11 of them
    data.X[~control] += np.random.default_rng(2).normal(0, 1, data.X[~control].shape)
    prepared(data, tmp_path)
    np.testing.assert_array_equal(before.X, gene_embedding.read(tmp_path / "coexpression.h5ad").X)


COMPLEXES = "id\tspecies\tmembers\n1\tHuman\tA;B;C\n2\tMouse\tA;Z\n3\tHuman\tNone\n4\tHuman\tC;D\n5\tHuman\tE; F;E\n"
NETWORK = {"members": ["members"], "separator": ";", "where": {"species": "Human"}, "dimensions": 2}


def test_complexes_are_those_of_the_organism_with_two_members(tmp_path: Path) -> None:
    (tmp_path / "n.tsv").write_text(COMPLEXES)
    assert read_complexes(tmp_path / "n.tsv", NETWORK) == [["A", "B", "C"], ["C", "D"], ["E", "F"]]
    (tmp_path / "n.tsv").write_text("one\tother\nA\tB\nB\tC\nC\tD\n")
    pairs = {"members": ["one", "other"], "separator": ";", "where": {}, "dimensions": 1}
    assert read_complexes(tmp_path / "n.tsv", pairs) == [["A", "B"], ["B", "C"], ["C", "D"]]


@pytest.mark.parametrize(
    ("text", "changes", "said"),
    [
        (COMPLEXES, {"members": ["genes"]}, "column 'genes': is missing. Its columns are id, species, members"),
        (COMPLEXES + "6\tHuman\n", {}, "line 7: has not the columns of the header"),
        (COMPLEXES, {"where": {"species": "Yeast"}}, "holds too few proteins for 2 dimensions"),
        (COMPLEXES, {"dimensions": 5}, "holds too few proteins for 5 dimensions"),
        (COMPLEXES[:-1], {}, "the file is cut short"),
    ],
)
def test_a_network_that_cannot_be_read_is_told(tmp_path: Path, text: str, changes: dict, said: str) -> None:
    (tmp_path / "n.tsv").write_text(text)
    with pytest.raises(BadInput, match=said):
        read_complexes(tmp_path / "n.tsv", {**NETWORK, **changes})


def test_the_spectral_embedding_is_that_of_the_dense_matrix() -> None:
    rng = np.random.default_rng(0)
    complexes = [sorted({f"P{gene}" for gene in rng.choice(20, size)}) for size in rng.integers(3, 7, 15)] + [
        ["X", "Y"]
    ]
    genes, found = spectral_embedding(complexes, 4)
    ties = np.zeros((len(genes), len(genes)))
    for names in complexes:
        for one in names:
            for other in names:
                if one != other:
                    ties[genes.index(one), genes.index(other)] += 1 / (len(names) - 1)
    ties += ties.sum() / len(genes) ** 2
    degree = ties.sum(1)
    values, axes = np.linalg.eigh(ties / np.sqrt(np.outer(degree, degree)))
    expected = (axes * np.sqrt(np.abs(values)))[:, ::-1][:, 1:5] * np.sqrt(len(genes))
    np.testing.assert_allclose(found @ found.T, expected @ expected.T, atol=1e-6)
    assert genes == sorted({name for names in complexes for name in names})


def test_members_of_a_complex_are_near(tmp_path: Path) -> None:
    file, out = tmp_path / "n.tsv", tmp_path / "vectors.h5ad"
    blocks = [[f"{name}{number}" for number in range(6)] for name in "ABC"]
    lines = [";".join(block) for block in blocks] + ["A0;B0", "B1;C1"]
    file.write_text("members\n" + "".join(f"{line}\n" for line in lines))
    section = complete(
        {"made": {"network": "x", "members": ["members"], "dimensions": 2}}, load_schema("circuit.interactomes")
    )
    embed_interactome(network=file, provenance=attested(file), embedding=out, spec=section["made"])
    data = gene_embedding.read(out)
    x = pd.DataFrame(np.asarray(data.X), index=data.obs["symbol"].astype(str))
    near = [np.linalg.norm(x.loc[block[2]] - x.loc[block[3]]) for block in blocks]
    far = [np.linalg.norm(x.loc[one[2]] - x.loc[other[2]]) for one in blocks for other in blocks if one is not other]
    assert max(near) < 0.1 * min(far)


# limits


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"embeddings": {"none": "esm2/x"}},
            ("circuit/perturb_seq/made/embeddings/none", "'none'", "a name that is none"),
        ),
        (
            {"embeddings": {"p": "esm2/y"}},
            ("circuit/perturb_seq/made/embeddings/p", "'esm2/y'", "one of esm2/x, circuit/c"),
        ),
        ({"separator": "n"}, ("circuit/perturb_seq/made/separator", "'n', which is in 'control'", "what the name of")),
    ],
)
def test_limits_between_keys_are_told(changes: dict, said: tuple[str, str, str]) -> None:
    assert not list(faults({"made": spec(embeddings={"p": "circuit/c"})}, {"c": {}}, ["esm2/x"]))
    ((place, given, allowed),) = faults({"made": spec(**changes)}, {"c": {}}, ["esm2/x"])
    assert (place, given) == said[:2] and allowed.startswith(said[2])
