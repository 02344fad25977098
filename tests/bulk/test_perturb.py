"""A gene is set to another value, and the model says what goes with it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from tests.support.examples import genes as gene_rows
from tests.support.workflow import ROOT
from workflow_scripts.bulk import conditioning, perturb, stack
from workflow_scripts.bulk.base import FOLDS
from workflow_scripts.bulk.calibration import make_probe
from workflow_scripts.bulk.fitting import Learned, fit_base
from workflow_scripts.bulk.query import Ready
from workflow_scripts.bulk.stack import Stack
from workflow_scripts.contracts import expression
from workflow_scripts.contracts.exported_model import Exported
from workflow_scripts.genelm import Model, load
from workflow_scripts.io.errors import BadInput

GENES, TARGETS, REGULATOR = 60, 12, "G000"  # the regulator and its targets come first
EFFECTS = np.linspace(0.3, 1.0, TARGETS) * np.where(np.arange(TARGETS) % 2, -1, 1)
NAMES = [f"G{gene:03d}" for gene in range(GENES)]


@pytest.fixture(scope="module")
def world() -> tuple[Ready, np.ndarray]:
    """A run that has learned of samples in which targets follow a regulator, and a sample: others have other causes."""
    rng = np.random.default_rng(4)

    def draw(number: int) -> np.ndarray:
        x = 0.4 * rng.normal(size=(number, GENES))
        x[:, 0] += rng.normal(size=number)
        x[:, 1 : TARGETS + 1] += x[:, :1] * EFFECTS
        x[:, TARGETS + 1 :] += rng.normal(size=(number, 3)) @ others
        return (4 + x).astype(np.float32)

    others = 0.7 * rng.normal(size=(3, GENES - TARGETS - 1))
    train, validation, sample = draw(400), draw(80), draw(1)[0]
    statistics = pd.DataFrame({"mean": train.mean(axis=0), "sd": train.std(axis=0)})
    folds = np.arange(len(train)) % FOLDS
    base = fit_base(Learned(train, folds, validation), statistics, {"factors": [4], "kernel_samples": 100}, seed=1)
    model = Stack(base, torch.nn.Identity())
    model.weights.copy_(torch.tensor([0.7, 0.3, 0.0]))
    model.penalty.fill_(0.3)
    x = stack.coordinates(base, train)
    probe = make_probe(None, x.mean(0), x.std(0), x, x[:20], np.full(20, ""), "r")
    fitted = conditioning.fit_conditions(base, x, np.full(len(train), ""), "r")
    return Ready(None, model, Exported(gene_rows(NAMES), "toy", "order", probe, fitted)), sample


def ask(world: tuple[Ready, np.ndarray], genes: dict[str, float], top: int = GENES) -> dict:
    run, sample = world
    return perturb.perturb(run, sample, genes, None, top)


def changes(answer: dict) -> pd.Series:
    return pd.Series({name: row["change"] for name, row in answer["response"].items()})


def test_targets_follow_the_regulator_by_sign_and_rank(world) -> None:
    found = changes(ask(world, {REGULATOR: 0.0}))
    targets = NAMES[1 : TARGETS + 1]
    assert len(found) == GENES - 1 and set(found.index[:TARGETS]) == set(targets), "targets before all others"
    assert np.array_equal(np.sign(found[targets]), -np.sign(EFFECTS))
    assert pd.Series(np.abs(EFFECTS), targets).corr(found.abs()[targets], "spearman") > 0.9
    assert found.abs().is_monotonic_decreasing
    assert found.abs()[targets].min() > 2 * found.abs()[NAMES[TARGETS + 1 :]].max()
    assert np.array_equal(np.sign(changes(ask(world, {REGULATOR: 3.0}))[targets]), np.sign(EFFECTS))


def test_what_is_asked_stands_in_the_answer(world) -> None:
    run, sample = world
    answer = ask(world, {REGULATOR: 0.0, NAMES[40]: 2.0}, top=3)
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer
    tpm = float(np.expm1(sample[40]))
    told = {"gene_id": NAMES[40], "fold": 2.0, "tpm_before": pytest.approx(tpm), "tpm_after": pytest.approx(2 * tpm)}
    assert answer["input"]["genes"][NAMES[40]] == told
    assert len(answer["response"]) == 3 and not {REGULATOR, NAMES[40]} & answer["response"].keys()
    assert "association, not causation" in answer["notes"][0]
    assert any(f"{REGULATOR} is set" in note and "standard deviations" in note for note in answer["notes"])
    before, after = (np.array(answer["embedding"][name]) for name in ("before", "after"))
    np.testing.assert_allclose(before, stack.embed(None, run.model, sample[None])[0], rtol=1e-6)
    assert answer["embedding"]["shift"] == pytest.approx(np.linalg.norm(after - before), rel=1e-4) and after.any()
    assert any("nothing is changed" in note for note in ask(world, {REGULATOR: 1.0})["notes"])
    assert not changes(ask(world, {REGULATOR: 1.0})).any()


def test_the_embedding_moves_with_the_response_and_not_with_the_gene_alone(world) -> None:
    """The factor behind the regulator is moved by what its targets would be."""
    run, sample = world
    alone = sample.copy()
    alone[0] = 0
    single = np.linalg.norm(stack.embed(None, run.model, alone[None]) - stack.embed(None, run.model, sample[None]))
    assert ask(world, {REGULATOR: 0.0})["embedding"]["shift"] > 1.2 * single


def test_no_gene_is_predicted_from_its_own_value(world) -> None:
    run, sample = world
    other = sample.copy()
    other[5] += 2
    one, two = (perturb.perturb(run, x, {REGULATOR: 0.0}, None, GENES)["response"]["G005"] for x in (sample, other))
    assert one == two


@pytest.mark.parametrize(
    ("genes", "line"),
    [
        ({}, "genes: are none. Give one at least"),
        ({"G0000": 0}, "gene 'G0000': is none of the 60 genes"),
        ({"G000": -1}, "gene 'G000': -1 is no fold of TPM"),
        ({"G000": float("nan")}, "gene 'G000': nan is no fold of TPM"),
        ({"G059": 0}, "gene 'G059': has no value in this profile"),
    ],
)
def test_a_gene_that_cannot_be_set_is_one_clear_line(world, genes: dict[str, float], line: str) -> None:
    run, sample = world
    with pytest.raises(BadInput, match=line) as raised:
        perturb.perturb(run, np.where(np.arange(GENES) < 59, sample, np.float32(np.nan)), genes, None, 5)
    assert "\n" not in str(raised.value)


def test_an_exported_model_is_asked_of_counts_or_of_a_label(exported: Path) -> None:
    model: Model = load(exported)
    counts = pd.DataFrame({"s": np.arange(10, 70)}, index=model.gene_ids)
    of_counts = model.perturb(counts, {"S007": 0}, top=59)
    assert "S000" not in {row["symbol"] for row in of_counts["response"].values()}, "no train sample measures it"
    assert of_counts["input"]["genes"]["S007"]["tpm_before"] == pytest.approx(1e6 * 17 / counts["s"].sum())
    of_label = model.perturb(None, {"S007": 0}, "bee")
    mean = model.query({}, "bee", scale="tpm")["expression"]["G007"]["tpm"]
    assert of_label["input"]["genes"]["S007"]["tpm_before"] == pytest.approx(mean, rel=1e-4)
    assert sum(row["change"] for row in of_label["classes"].values()) == pytest.approx(0, abs=1e-6)
    for arguments, line in (
        ((None, {"S007": 0}), "profile: is none, and no condition is given"),
        ((None, {"S007": 0}, "bees"), "condition 'bees': is none of the labels"),
        ((pd.concat([counts, counts], axis=1, keys=["a", "b"]).droplevel(1, axis=1), {"S007": 0}), "has 2 samples"),
    ):
        with pytest.raises(BadInput, match=line):
            model.perturb(*arguments)


def test_make_perturb_asks_of_a_table_of_a_sample_of_the_run_and_of_a_label(
    exported: Path, cohort: dict, tmp_path: Path
) -> None:
    model, run = load(exported), tmp_path / "results/config"
    (run / "bulk/small").mkdir(parents=True)
    (run / "bulk/small/export").symlink_to(exported)
    (run / "prebulk").mkdir()
    (run / "prebulk/expression").symlink_to(cohort["expression"][0].parent.parent)
    counts = pd.DataFrame({"a": np.arange(10, 70), "b": np.arange(70, 10, -1)}, index=model.gene_ids)
    counts.to_csv(tmp_path / "counts.tsv", sep="\t")
    (tmp_path / "folds.tsv").write_text("gene\tfold\nS007\t0\n")

    def asked(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "workflow_scripts.terminal.perturb", "--config", "config/config.yaml"]
        command += ["--directory", str(tmp_path), "--run", "small", "--genes", str(tmp_path / "folds.tsv"), *words]
        return subprocess.run(command, cwd=ROOT, text=True, capture_output=True, timeout=300)

    of_table = json.loads(asked("--counts", f"{tmp_path}/counts.tsv", "--sample", "b").stdout)
    assert of_table["response"] == json.loads(json.dumps(model.perturb(counts[["b"]], {"S007": 0})["response"]))
    of_label = json.loads(asked("--condition", "cat").stdout)
    assert of_label["response"] == json.loads(json.dumps(model.perturb(None, {"S007": 0}, "cat")["response"]))
    (_, values) = expression.load(cohort["expression"], pd.Index(["S043"]), model.gene_order)
    own = json.loads(asked("--sample", "S043").stdout)
    assert own["input"]["genes"]["S007"]["tpm_before"] == pytest.approx(np.expm1(values[0, 7]), rel=1e-5)
    for words, line in (
        (("--sample", "nobody"), "sample 'nobody': is none of those in"),
        (("--counts", f"{tmp_path}/counts.tsv", "--sample", "c"), "sample 'c': is no column of it"),
    ):
        refused = asked(*words)
        assert refused.returncode and line in refused.stderr and refused.stderr.count("\n") == 1
