"""Some genes and a label, and what an exported model says of the rest."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.support.workflow import ROOT
from workflow_scripts.bulk import bundle, conditioning, stack
from workflow_scripts.contracts import conditions, expression, sample_embedding, splits, standardizer
from workflow_scripts.genelm import Model, load
from workflow_scripts.io.errors import BadInput

CONDITION = "part of the embedding"


@pytest.fixture(scope="module")
def model(exported: Path) -> Model:
    return load(exported)


@pytest.fixture(scope="module")
def held_out(cohort: dict[str, Any], model: Model) -> tuple[pd.Series, np.ndarray]:
    """Labels of the validation and test samples, and their values."""
    table = splits.read(cohort["splits"]).query("split != 'train'").set_index("sample_id")
    names, values = expression.load(cohort["expression"], table.index, model.gene_order)
    return table["label"][names], values


def said(answer: dict[str, Any], model: Model) -> np.ndarray:
    """ln(TPM+1) of all genes, NaN for those that the answer leaves out."""
    rows = answer["expression"]
    return np.array([rows[name]["ln_tpm1"] if name in rows else np.nan for name in model.gene_ids])


def test_an_answer_is_json_with_what_was_given_and_what_is_predicted(model: Model) -> None:
    answer = model.query({"S007": 99.0, "G010": 0, "G001": 5}, "bee", scale="tpm")
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer
    assert answer["input"]["genes"]["S007"] == {"gene_id": "G007", "value": 99.0}
    assert answer["model"] == {"run": "small", "genome": "toy", "gene_order": model.gene_order}
    rows = answer["expression"]
    assert rows["G007"] == {
        "symbol": "S007",
        "ln_tpm1": pytest.approx(np.log(100)),
        "tpm": pytest.approx(99),
        "given": True,
    }
    assert rows["G010"]["tpm"] == 0
    assert "G000" not in rows and any("of 1 genes the model knows nothing" in note for note in answer["notes"])
    predicted = {name: row for name, row in rows.items() if not row["given"]}
    assert len(predicted) == len(model.gene_ids) - 4
    assert all(row["sd"] > 0 and row["tpm"] >= 0 for row in predicted.values())
    for row in predicted.values():
        assert row["ln_tpm1"] == pytest.approx(np.log1p(row["tpm"]), abs=1e-4)
    assert sum(answer["classes"].values()) == pytest.approx(1) and [*answer["classes"]] == model.classes
    assert any(CONDITION in note for note in answer["notes"])
    assert any(note.startswith("measures 5% of the genes") for note in answer["notes"])
    same = model.query({"S007": np.log(100), "G010": 0, "G001": np.log(6)}, "bee", scale="ln_tpm1")
    np.testing.assert_allclose(said(same, model), said(answer, model), rtol=1e-5)


def test_without_a_condition_it_is_what_the_model_says_of_any_sample(model: Model, exported: Path, held_out) -> None:
    _, values = held_out
    values = np.where(np.arange(60) % 3 == 2, values[:1].clip(min=0), np.float32(np.nan))
    few = {name: float(value) for name, value in zip(model.gene_ids, values[0], strict=True) if np.isfinite(value)}
    answer = model.query(few, scale="ln_tpm1")
    assert not any(CONDITION in note for note in answer["notes"])
    family, trained, *_ = bundle.read(exported)
    np.testing.assert_array_equal(np.float32(answer["embedding"]), stack.embed(family, trained, values)[0])
    predicted = stack.impute(family, trained, values, np.isfinite(values)).clip(min=0)
    expected = np.where(np.isfinite(values), values, predicted)[0]
    np.testing.assert_array_equal(said(answer, model).astype(np.float32), expected)


def test_the_true_label_brings_held_out_samples_nearer_and_their_class_too(model: Model, held_out) -> None:
    """Through the doors: fitted to the train split of the cohort, asked with the values of three of 60 genes."""
    labels, values = held_out
    errors, likely = {"alone": 0.0, "right": 0.0, "wrong": 0.0}, {"alone": 0.0, "right": 0.0}
    for label, row in zip(labels, values, strict=True):
        shown = {model.gene_ids[place]: max(0.0, float(row[place])) for place in (5, 25, 45)}
        other = model.conditions[(model.conditions.index(label) + 1) % 3]
        for name, condition in {"alone": None, "right": label, "wrong": other}.items():
            answer = model.query(shown, condition, scale="ln_tpm1")
            errors[name] += np.nansum(np.square(said(answer, model) - row))
            if name in likely:
                likely[name] += answer["classes"][label]
    assert errors["right"] < 0.9 * errors["alone"] < 0.9 * errors["wrong"]
    assert likely["right"] > likely["alone"]


def test_with_a_label_alone_it_is_near_the_mean_of_its_train_samples(model: Model, cohort: dict[str, Any]) -> None:
    table = splits.read(cohort["splits"]).query("split == 'train'").set_index("sample_id")
    overall = standardizer.read(cohort["standardizer"])["mean"].to_numpy()
    for label in model.conditions:
        _, values = expression.load(cohort["expression"], table.index[table["label"] == label], model.gene_order)
        mean = np.nanmean(values[:, 2:], axis=0)
        found = said(model.query({}, label, scale="tpm"), model)[2:]
        assert np.square(found - mean).sum() < 0.2 * np.square(overall[2:] - mean).sum()


@pytest.mark.parametrize(
    ("genes", "condition", "scale", "line"),
    [
        ({"s007": 1}, None, "tpm", "gene 's007': is none of the 60 genes .*; the nearest: S007"),
        ({"TP53": 1}, None, "tpm", "gene 'TP53': is none of the 60 genes of the model .Ensembl ids or symbols.. Leave"),
        ({}, "bees", "tpm", "condition 'bees': is none of the labels .*: ant, bee, cat; the nearest: bee"),
        ({"S007": 1, "G007": 1}, None, "tpm", "gene 'G007': is given twice"),
        ({"S007": -1}, None, "tpm", "gene 'S007': -1 is no tpm .0 to 1e.06."),
        ({"S007": 99}, None, "ln_tpm1", "gene 'S007': 99 is no ln_tpm1 .0 to 13.8155."),
        ({"S007": "high"}, None, "tpm", "gene 'S007': 'high' is no tpm"),
        ({"S007": float("nan")}, None, "tpm", "gene 'S007': nan is no tpm"),
        ({}, None, "counts", "scale 'counts': is not one of tpm, ln_tpm1"),
    ],
)  # fmt: skip
def test_what_the_model_does_not_know_is_one_clear_line(model: Model, genes, condition, scale: str, line: str) -> None:
    with pytest.raises(BadInput, match=line) as raised:
        model.query(genes, condition, scale=scale)
    assert "\n" not in str(raised.value)


def test_make_query_reads_a_table_or_json_and_writes_the_same_answer(
    model: Model, exported: Path, tmp_path: Path
) -> None:
    run = tmp_path / "results/config/bulk/small"
    run.mkdir(parents=True)
    (run / "export").symlink_to(exported)
    (tmp_path / "genes.tsv").write_text("gene\tTPM\nS007\t99\nG010\t0\n")
    (tmp_path / "genes.json").write_text('{"S007": 99, "G010": 0}')
    (tmp_path / "twice.json").write_text('{"S007": 99, "S007": 0}')

    def ask(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "workflow_scripts.terminal.query", "--config", "config/config.yaml"]
        command += ["--directory", str(tmp_path), "--run", *words]
        return subprocess.run(command, cwd=ROOT, text=True, capture_output=True, timeout=300)

    printed = ask("small", "--genes", f"{tmp_path}/genes.tsv", "--condition", "cat")
    assert json.loads(printed.stdout) == json.loads(
        json.dumps(model.query({"S007": 99, "G010": 0}, "cat", scale="tpm"))
    )
    written = ask("small", "--genes", f"{tmp_path}/genes.json", "--condition", "cat", "--output", f"{tmp_path}/a.json")
    assert written.returncode == 0 and (tmp_path / "a.json").read_text() == printed.stdout
    refused = ask("small", "--genes", f"{tmp_path}/twice.json")
    assert (
        refused.returncode and refused.stderr == f"{tmp_path}/twice.json: gene 'S007': is given twice. Give it once.\n"
    )
    missing = ask("large")
    assert missing.returncode and "is not there. Finish the run first: make run CONFIG=config" in missing.stderr


def test_what_is_learned_of_train_samples_is_of_factors_that_have_not_seen_them(
    exported: Path, cohort: dict[str, Any]
) -> None:
    """As in the embedding, whose first numbers are the coordinates."""
    base, model = bundle.read(exported).model.base, bundle.read(exported).model
    number, _ = model.kept.tolist()
    assert number == base.axes.shape[1]
    data = sample_embedding.read(exported.parent / "embeddings.h5ad")
    train = data[data.obs["split"] == "train"]
    expected = conditioning.fit_conditions(
        base, train.X[:, :number] / model.scales[0].item(), train.obs["label"].to_numpy(str), "small"
    )
    found = conditions.read(exported / "conditions.npz")
    np.testing.assert_allclose(found.means, expected.means, atol=1e-4)
    np.testing.assert_allclose(found.root, expected.root, atol=1e-4)
