"""A checkpoint is whole or passed over, and belongs to one training alone."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
import torch

from tests.training import tiny
from workflow_scripts.training.loop import fit
from workflow_scripts.training.resume import KEPT, Checkpoints, digest


def state(epoch: int) -> dict:
    return {"model": {"w": torch.full((100,), float(epoch))}, "history": [{"epoch": epoch, "loss": float("nan")}]}


def save(checkpoints: Checkpoints, epoch: int, state: dict) -> None:
    checkpoints.save_checkpoint(state, checkpoints.folder / f"epoch-{epoch:06d}.pt")


def newest_epoch(checkpoints: Checkpoints) -> int:
    """The epoch that is noted in the newest checkpoint."""
    return checkpoints.load_checkpoint(checkpoints.newest())["history"][0]["epoch"]


def test_the_newest_checkpoint_is_read_and_few_are_kept(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path, "one")
    assert checkpoints.newest() is None
    model, task = tiny.slope(torch.tensor([0.5]), target=-9.0)
    fit(model, task, tiny.schedule(), checkpoints)
    assert len(checkpoints.load_checkpoint(checkpoints.newest())["history"]) == 1 + tiny.EPOCHS
    kept = [f"epoch-{epoch:06d}.pt" for epoch in range(tiny.EPOCHS + 1 - KEPT, tiny.EPOCHS + 1)]
    assert sorted(path.name for path in checkpoints.folder.iterdir()) == kept


def test_a_checkpoint_with_a_changed_byte_is_passed_over(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path, "one")
    for epoch in (1, 2):
        save(checkpoints, epoch, {**state(epoch), "weights": torch.arange(1000.0)})
    newest = tmp_path / "one/epoch-000002.pt"
    damaged = bytearray(newest.read_bytes())
    damaged[damaged.find(torch.arange(1000.0).numpy().tobytes()) + 400] ^= 1
    newest.write_bytes(damaged)
    assert newest_epoch(checkpoints) == 1


@pytest.mark.parametrize("left", [0, 1, 200, -1])
def test_a_torn_checkpoint_is_passed_over(tmp_path: Path, left: int, caplog: pytest.LogCaptureFixture) -> None:
    checkpoints = Checkpoints(tmp_path, "one")
    for epoch in (1, 2):
        save(checkpoints, epoch, state(epoch))
    newest = tmp_path / "one/epoch-000002.pt"
    newest.write_bytes(newest.read_bytes()[:left])
    with caplog.at_level(logging.INFO):
        assert newest_epoch(checkpoints) == 1
    assert "epoch-000002.pt is damaged and skipped" in caplog.text and "resume from" in caplog.text


def test_what_a_killed_save_leaves_is_never_read(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path, "one")
    save(checkpoints, 1, state(1))
    (tmp_path / "one/epoch-000002.partial").write_bytes(b"half")
    assert newest_epoch(checkpoints) == 1


def test_code_in_a_checkpoint_is_not_run(tmp_path: Path) -> None:
    class Touch:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "touched",))

    (tmp_path / "one").mkdir()
    torch.save({"model": Touch()}, tmp_path / "one/epoch-000001.pt")
    assert Checkpoints(tmp_path, "one").newest() is None
    assert not (tmp_path / "touched").exists()


def test_another_configuration_code_or_input_has_another_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "input"
    file.write_text("a")
    first = digest({"seed": 1}, "code", [file])
    assert digest({"seed": 2}, "code", [file]) != first
    assert digest({"seed": 1}, "other", [file]) != first
    copy = tmp_path / "copy"
    copy.write_text("a")
    assert digest({"seed": 1}, "code", [copy]) == first, "the name and the age of a file are nothing to it"
    monkeypatch.setattr(torch, "__version__", "2.0")
    assert digest({"seed": 1}, "code", [file]) != first, "another library may read another format"
    monkeypatch.undo()
    file.write_text("b")
    assert digest({"seed": 1}, "code", [file]) != first
    save(Checkpoints(tmp_path, first), 1, state(1))
    assert Checkpoints(tmp_path, digest({"seed": 1}, "code", [file])).newest() is None


def test_removal_leaves_the_checkpoints_of_others(tmp_path: Path) -> None:
    ours, theirs = Checkpoints(tmp_path / "all", "ours"), Checkpoints(tmp_path / "all", "theirs")
    save(ours, 1, state(1))
    save(theirs, 1, state(1))
    ours.remove()
    assert theirs.newest() is not None
    theirs.remove()
    assert not (tmp_path / "all").exists()
