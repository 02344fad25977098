"""Training ends above the gene mean, can be killed at any moment, and takes nobody else's weights."""

from __future__ import annotations

import copy
import json
import logging
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from tests.bulk import cohorts
from tests.bulk.conftest import RUN, SPEC, train
from workflow_scripts.bulk import bundle, data, objectives, stack, training
from workflow_scripts.bulk.base import UNSEEN
from workflow_scripts.contracts import expression, model_bundle, splits
from workflow_scripts.io.errors import BadInput
from workflow_scripts.settings.schema import complete, only
from workflow_scripts.training import resume

ROOT = Path(__file__).resolve().parents[2]
COSTS = ["seconds", "samples_per_second", "peak_memory_mib"]
WEIGHTS = "model/model.safetensors"
CHILD = """
import json, sys
from pathlib import Path
from tests.bulk.conftest import train
files, folder, spec = json.loads(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])
train({k: [Path(p) for p in v] if isinstance(v, list) else Path(v) for k, v in files.items()}, folder, spec)
"""


EVERYTHING = {
    "augmentation": {"thinning": [0.1, 5], "noise": 0.1, "mixup": 0.4},
    "objectives": {"squared_error": 0.5, "weighting": "sd", "poisson": 0.01, "contrastive": 0.1, "temperature": 0.2},
}


def changed(**training: Any) -> dict[str, Any]:
    spec = copy.deepcopy(SPEC["runs"]["small"])
    spec["training"].update(training)
    return spec


def learning(dropout: float = 0.1, **training: Any) -> dict[str, Any]:
    """Given one of three latent factors, it learns the others: its best epoch is not the one before training."""
    spec = changed(**{"max_epochs": 4, "batch_size": 7, "learning_rate": 0.004, **training})
    spec["model"]["transformer"].update(dim=32, dropout=dropout)
    spec["base"]["factors"] = [1]
    return spec


def family_settings(name: str) -> dict[str, Any]:
    """The schema of the settings of a family."""
    return RUN["properties"]["model"]["properties"][name]


def rows_of(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "history.tsv", sep="\t").drop(columns=COSTS)


@pytest.fixture(scope="module")
def learnable(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return cohorts.write_cohort(tmp_path_factory.mktemp("learnable"), genes=40, samples=600, noise=0.1)


@pytest.fixture(scope="module")
def learned(learnable: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an undisturbed training whose weights have moved."""
    folder = train(learnable, tmp_path_factory.mktemp("learned"), learning())
    assert rows_of(folder)["validation_loss"].idxmin() > 2
    return folder


def test_a_training_leaves_its_history_and_no_checkpoint(trained: Path) -> None:
    history = pd.read_csv(trained / "history.tsv", sep="\t")
    assert list(history.columns) == ["epoch", "train_loss", "validation_loss", "learning_rate", *COSTS]
    assert list(history["epoch"]) == [0, 1, 2, 3, 4]
    assert not (trained / "checkpoints").exists()


@pytest.mark.parametrize("attention", ["full", "linear"])
def test_attention_learns_what_the_factors_leave(
    attention: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Of three latent factors the model is given one; what the others explain it must learn from the visible genes."""
    cohort = cohorts.write_cohort(tmp_path, genes=40, samples=600, noise=0.1)
    spec = changed(max_epochs=10, learning_rate=0.004)
    spec["model"]["transformer"].update(dim=32, attention=attention)
    spec["base"]["factors"] = [1]
    with caplog.at_level(logging.INFO):
        train(cohort, tmp_path, spec)
    losses = pd.read_csv(tmp_path / "history.tsv", sep="\t")["validation_loss"]
    assert losses.min() < 0.8 * losses[0]
    said = f"best epoch {losses.idxmin()}: validation loss {losses.min():.4f}, before training {losses[0]:.4f}"
    assert said in caplog.text


def test_parameters_are_counted_and_what_is_known_beforehand_is_not(trained: Path) -> None:
    state, config = model_bundle.read(trained / "model")
    family, model, order, _ = bundle.read(trained / "model")
    assert config["parameters"] == sum(p.numel() for p in model.parameters())
    assert config["parameters"] < sum(t.numel() for t in state.values())
    assert order == config["gene_order"]
    assert not model.base.known[0] and model.base.known[1:].all()
    assert not model.network.identity.has_vector[2]


def test_a_training_killed_at_three_random_moments_ends_at_the_same_weights(
    learned: Path, learnable: dict[str, Any], tmp_path: Path
) -> None:
    files = {
        key: [str(p) for p in value] if isinstance(value, list) else str(value) for key, value in learnable.items()
    }
    arguments = [json.dumps(files), str(tmp_path), json.dumps(learning())]
    for epoch in (1, 2, 3):
        child = subprocess.Popen([sys.executable, "-c", CHILD, *arguments], cwd=ROOT)
        deadline = time.monotonic() + 120
        while not (found := list(tmp_path.glob(f"checkpoints/*/epoch-{epoch:06d}.pt"))):
            assert child.poll() is None and time.monotonic() < deadline
            time.sleep(0.002)
        kept = torch.load(found[0], weights_only=True)["state_dict"]
        assert kept and not any("samples" in name for name in kept), "a checkpoint holds the network, no train sample"
        time.sleep(random.uniform(0, 0.2))
        assert child.poll() is None
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        assert not (tmp_path / "model").exists()

    train(learnable, tmp_path, learning())
    assert (tmp_path / WEIGHTS).read_bytes() == (learned / WEIGHTS).read_bytes()
    pd.testing.assert_frame_equal(rows_of(tmp_path), rows_of(learned), check_exact=True)


class Stopped(Exception):
    pass


@pytest.mark.parametrize("family", ["transformer", "perceiver"])
def test_a_training_with_every_switch_that_is_stopped_ends_at_the_same_weights(
    family: str, cohort: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped in the midst of its second epoch and again of its third, of nine steps each."""
    spec = changed(max_epochs=3, **EVERYTHING)
    spec["model"] = {family: complete({"dim": 16, "heads": 2, "dropout": 0.1}, family_settings(family))}
    whole = train(cohort, tmp_path / "whole", spec)
    steps, find = iter(range(1000)), objectives.loss

    def loss(family: Any, network: torch.nn.Module, *arguments: Any) -> Any:
        seen = arguments[1].fold[0] != UNSEEN  # not by the estimate of memory
        if network.training and seen and next(steps) in (12, 9 + 5 + 9):
            raise Stopped
        return find(family, network, *arguments)

    monkeypatch.setattr(objectives, "loss", loss)
    for _ in range(2):
        with pytest.raises(Stopped):
            train(cohort, tmp_path / "parts", spec)
    train(cohort, tmp_path / "parts", spec)
    pd.testing.assert_frame_equal(rows_of(tmp_path / "parts"), rows_of(whole), check_exact=True)
    assert (tmp_path / "parts" / WEIGHTS).read_bytes() == (whole / WEIGHTS).read_bytes()


@pytest.mark.parametrize(
    ("family", "given", "shown"),
    [
        ("perceiver", None, 0.1),
        ("perceiver", 0.3, 0.3),
        ("perceiver", 0, 0),
        ("transformer", None, 0),
    ],
)
def test_noise_is_that_of_the_family_where_none_is_given(
    family: str,
    given: float | None,
    shown: float,
    cohort: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In train sds of each gene, and only in training."""
    off: list[torch.Tensor] = []
    find = objectives.loss

    def loss(family: Any, network: torch.nn.Module, base: Any, batch: data.Batch, settings: Any) -> Any:
        of = ((batch.values - batch.targets) / base.sd.clamp(min=0.01))[batch.visible]
        off.append(of) if batch.fold[0] != UNSEEN else pytest.fail("noise") if of.any() else None
        return find(family, network, base, batch, settings)

    monkeypatch.setattr(objectives, "loss", loss)
    spec = changed(max_epochs=1, augmentation={"thinning": [], "noise": given, "mixup": 0})
    spec["model"] = {family: complete({"dim": 16, "heads": 2}, family_settings(family))}
    train(cohort, tmp_path, spec)
    assert torch.cat(off).std().item() == pytest.approx(shown, rel=0.05, abs=1e-9)


@pytest.mark.parametrize(
    ("strategy", "changes"),
    [("ddp", {}), ("ddp", EVERYTHING), ("fsdp", {**EVERYTHING, "ema": 0.9, "accumulate": 2})],
    ids=["default", "everything", "shared"],
)
def test_two_processes_learn_what_one_does(
    learnable: dict[str, Any], tmp_path: Path, strategy: str, changes: dict[str, Any]
) -> None:
    """The sums of a gradient are the same but for their order: losses agree to 1e-5, and weights."""
    of_both = {"dropout": 0.0, "max_epochs": 2, **changes}
    one = train(learnable, tmp_path / "one", learning(**of_both))
    two = train(learnable, tmp_path / "two", learning(**of_both, devices=2, strategy=strategy))
    np.testing.assert_allclose(rows_of(two), rows_of(one), rtol=0, atol=1e-5)
    ours, theirs = (model_bundle.read(folder / "model")[0] for folder in (two, one))
    for state in (ours, theirs):  # softmax takes no note of the keys' bias: its gradient is rounding alone
        state["network.blocks.0.qkv.bias"] = torch.cat(state["network.blocks.0.qkv.bias"].chunk(3)[::2])
    assert all(torch.allclose(ours[name].float(), theirs[name].float(), rtol=0, atol=1e-5) for name in theirs)
    assert not (two / "checkpoints").exists()


def test_rank_0_alone_writes(cohort: dict[str, Any], tmp_path: Path) -> None:
    run = changed(max_epochs=1)
    parts = {"spec": only(run, RUN, results=True)}
    parts["policy"] = only(run["training"], RUN["properties"]["training"], results=False)
    files = {**cohort, "model": tmp_path / "model"}
    files |= {name: tmp_path / f"{name}.tsv" for name in ("history", "selection", "separation")}
    checkpoints = resume.Checkpoints(tmp_path / "checkpoints", "one")
    for rank in (1, 0):
        assert not any(files[name].exists() for name in ("model", "history", "selection", "separation"))
        training.train(
            **files, **parts, checkpoints=checkpoints, resume_from=None, rank=rank, threads=1, memory_mb=8000
        )
    assert all(files[name].exists() for name in ("model", "history", "selection", "separation"))


def test_a_finished_training_whose_outputs_were_lost_is_not_trained_again(
    cohort: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(resume.Checkpoints, "remove", lambda self: None)
        train(cohort, tmp_path)
    before = (tmp_path / WEIGHTS).read_bytes()
    (tmp_path / WEIGHTS).unlink()
    monkeypatch.setattr(resume.Checkpoints, "save_checkpoint", lambda *_: pytest.fail("trained another epoch"))
    train(cohort, tmp_path)
    assert (tmp_path / WEIGHTS).read_bytes() == before


def test_training_stops_when_patience_is_at_an_end(cohort: dict[str, Any], tmp_path: Path) -> None:
    train(cohort, tmp_path, changed(learning_rate=1e-12, max_epochs=30, patience=2))
    history = pd.read_csv(tmp_path / "history.tsv", sep="\t")
    best = int(history["validation_loss"].idxmin())
    assert len(history) - 1 == best + 2 < 30


def test_labels_and_values_of_the_test_split_change_no_weight(
    trained: Path, cohort: dict[str, Any], tmp_path: Path
) -> None:
    table = splits.read(cohort["splits"])
    table.loc[table["split"] == "test", "label"] = "dog"
    splits.write(table, tmp_path / "splits.parquet")
    moved = cohorts.with_other_test_values(cohort, tmp_path)
    train({**cohort, "splits": tmp_path / "splits.parquet", "expression": moved}, tmp_path)
    assert (tmp_path / WEIGHTS).read_bytes() == (trained / WEIGHTS).read_bytes()


def test_another_seed_gives_other_weights(trained: Path, cohort: dict[str, Any], tmp_path: Path) -> None:
    train(cohort, tmp_path, {**changed(max_epochs=1), "seed": 2})
    ours, theirs = (model_bundle.read(folder / "model")[0]["network.value.weight"] for folder in (tmp_path, trained))
    assert not torch.equal(ours, theirs)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_one_clear_line(cohort: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="training/accelerator: is gpu, but PyTorch finds no GPU here"):
        train(cohort, tmp_path, changed(accelerator="gpu"))
    assert not (tmp_path / "model").exists()


def test_an_embedding_of_another_gene_table_is_refused(cohort: dict[str, Any], tmp_path: Path) -> None:
    other = cohorts.write_cohort(tmp_path, genes=30, samples=30)
    with pytest.raises(BadInput, match="made for another gene table"):
        train({**cohort, "embedding": other["embedding"]}, tmp_path)


def test_an_empty_split_is_refused(cohort: dict[str, Any], tmp_path: Path) -> None:
    table = splits.read(cohort["splits"])
    splits.write(table[table["split"] != "validation"], tmp_path / "splits.parquet")
    with pytest.raises(BadInput, match="train or validation holds no sample"):
        train({**cohort, "splits": tmp_path / "splits.parquet"}, tmp_path)


def test_the_bundle_predicts_what_was_trained(trained: Path, cohort: dict[str, Any]) -> None:
    family, model, order, _ = bundle.read(trained / "model")
    x = expression.read(cohort["expression"][0], order).X
    visible = np.isfinite(x) & (np.random.default_rng(0).random(x.shape) > 0.3)
    hidden = np.isfinite(x) & ~visible
    error = np.square(stack.impute(family, model, x, visible) - x)[hidden].mean()
    assert error < 0.5 * np.square(model.base.mean.numpy() - x)[hidden].mean()
