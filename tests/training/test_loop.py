"""A training follows AdamW and its schedule, keeps its best epoch, and ends the same however often it is killed."""

from __future__ import annotations

import dataclasses
import errno
import itertools
import logging
import math
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from tests.support.disks import fill, small_disk
from tests.training import tiny
from tests.training.processes import in_a_step, killed, killing, on_two_ranks
from workflow_scripts.io.errors import BadInput
from workflow_scripts.training import loop, progress, resume
from workflow_scripts.training.loop import Loss, Task, fit, seed_of
from workflow_scripts.training.objective import Term
from workflow_scripts.training.resume import Checkpoints
from workflow_scripts.training.schedule import device_kind


def rates(schedule: Any) -> list[float]:
    """Five per cent of the steps up, from the first step on, then half a cosine down to zero."""
    batches = math.ceil(schedule.samples / schedule.batch_size)
    total = schedule.max_epochs * math.ceil(batches / schedule.accumulate)
    up = max(1, round(0.05 * total))
    rising = [schedule.learning_rate * (step + 1) / up for step in range(up)]
    angles = np.pi * np.arange(total - up) / (total - up)
    return rising + list(schedule.learning_rate * (1 + np.cos(angles)) / 2)


def adamw(w: np.ndarray, gradients: np.ndarray, rate_of_step: list[float], decay: float) -> list[np.ndarray]:
    """Weights after each step (Loshchilov and Hutter 2019), betas 0.9 and 0.98, gradients clipped to a norm of 1.

    gradients (any number, size) are repeated for as long as there are rates.
    """
    m, v, states = np.zeros_like(w), np.zeros_like(w), []
    for step, rate in enumerate(rate_of_step, 1):
        gradient = gradients[(step - 1) % len(gradients)]
        gradient = gradient * min(1.0, 1.0 / np.linalg.norm(gradient))
        m, v = 0.9 * m + 0.1 * gradient, 0.98 * v + 0.02 * gradient**2
        update = (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.98**step)) + 1e-8)
        w = w - rate * decay * w - rate * update
        states.append(w)
    return states


@pytest.mark.parametrize(("decay", "target"), [(0.0, -100.0), (3.0, 100.0)])  # each epoch is better than the last
def test_weights_move_as_adamw_says_at_the_rates_of_the_schedule(tmp_path: Path, decay: float, target: float) -> None:
    """Gradients that differ from step to step, of norms on either side of 1."""
    gradients = torch.tensor([[0.3, -0.2, 3.0, 0.0]]) * torch.tensor([[1.0], [0.1], [0.02], [2.0], [0.2]])
    model, task = tiny.slope(gradients, target)
    schedule = tiny.schedule(weight_decay=decay, max_epochs=7)  # two steps of warm-up
    before = model.w.detach().double().numpy().copy()
    history = fit(model, task, schedule, Checkpoints(tmp_path, "one"))
    states = adamw(before, gradients.double().numpy(), rates(schedule), decay)
    np.testing.assert_allclose(model.w.detach().numpy(), states[-1], rtol=0, atol=1e-5)
    losses = [w @ slope for w, slope in zip([before, *states], itertools.cycle(gradients.double().numpy()))][:-1]
    of_epochs = np.reshape(losses, (-1, tiny.STEPS)).mean(axis=1)
    np.testing.assert_allclose([row["train_loss"] for row in history[1:]], of_epochs, rtol=0, atol=1e-5)
    np.testing.assert_allclose(
        [row["learning_rate"] for row in history], [0, *rates(schedule)[tiny.STEPS - 1 :: tiny.STEPS]], atol=1e-15
    )
    assert history[-1]["learning_rate"] < 0.01 * schedule.learning_rate


def test_the_weights_of_the_best_validation_epoch_remain(tmp_path: Path) -> None:
    gradient = torch.tensor([[-0.5, 0.1]])
    schedule = tiny.schedule(weight_decay=0.0)
    model, task = tiny.slope(gradient, 0.0)
    states = adamw(model.w.detach().double().numpy().copy(), gradient.double().numpy(), rates(schedule), 0.0)
    ends = states[tiny.STEPS - 1 :: tiny.STEPS]
    model, task = tiny.slope(gradient, target=float(ends[1][0]) + 0.001)  # nearest after the second of five epochs
    history = fit(model, task, schedule, Checkpoints(tmp_path, "one"))
    assert len(history) == 1 + schedule.max_epochs
    assert np.argmin([row["validation_loss"] for row in history]) == 2
    np.testing.assert_allclose(model.w.detach().numpy(), ends[1], atol=1e-5)


@pytest.mark.parametrize("away", [0.5, 0.0])  # every step leads away from the target, or no nearer
def test_weights_that_no_epoch_betters_remain_and_patience_counts_from_them(tmp_path: Path, away: float) -> None:
    model, task = tiny.slope(torch.tensor([away, 0.1]), target=9.0)
    before = tiny.weights(model)
    history = fit(model, task, tiny.schedule(patience=3, weight_decay=0.0), Checkpoints(tmp_path, "one"))
    assert [row["epoch"] for row in history] == [0, 1, 2, 3]
    assert history[0]["validation_loss"] == 10.0, "row 0 is the loss before training"
    assert math.isnan(history[0]["train_loss"])
    assert tiny.weights(model) == before


def test_patience_counts_epochs_since_the_best(tmp_path: Path) -> None:
    model, task = tiny.slope(torch.tensor([-0.5, 0.1]), target=-0.9)  # reached in the first epoch, then passed
    history = fit(model, task, tiny.schedule(patience=2), Checkpoints(tmp_path, "one"))
    assert np.argmin([row["validation_loss"] for row in history]) == 1
    assert len(history) == 1 + 1 + 2


@pytest.mark.parametrize("patience", [2, tiny.EPOCHS])
def test_a_training_that_had_ended_trains_no_further_epoch(tmp_path: Path, patience: int) -> None:
    checkpoints, schedule = Checkpoints(tmp_path, "one"), tiny.schedule(patience=patience)
    model, task = tiny.slope(torch.tensor([-0.5, 0.1]), target=-0.9)
    history = fit(model, task, schedule, checkpoints)
    again, task = tiny.slope(torch.tensor([-0.5, 0.1]), target=-0.9)

    def loss(model: torch.nn.Module, batch: torch.Tensor | None) -> Loss:
        return task.loss(model, batch) if batch is None else pytest.fail("trained on")

    restored = fit(again, dataclasses.replace(task, loss=loss), schedule, checkpoints, checkpoints.newest())
    assert repr(restored) == repr(history)
    assert tiny.weights(again) == tiny.weights(model)


def half_written(state: Any, handle: Any) -> None:
    handle.write(b"PK" + bytes(100))
    handle.flush()
    os.kill(os.getpid(), signal.SIGKILL)


def in_the_first_step(task: Task) -> Task:
    return dataclasses.replace(task, loss=killing(lambda call: call == tiny.EXAMPLES + 2, task.loss))


def in_validation(task: Task) -> Task:
    return dataclasses.replace(task, validation=killing(lambda call: call == 4, task.validation))


def in_a_half_written_checkpoint(task: Task) -> Task:
    save = resume.torch.save

    def third(state: dict[str, Any], handle: Any) -> None:
        (half_written if len(state["history"]) == 4 else save)(state, handle)

    resume.torch.save = third
    return task


def before_a_checkpoint_has_its_name(task: Task) -> Task:
    Path.replace = killing(lambda call: call == 3, Path.replace)
    return task


def before_an_older_checkpoint_is_removed(task: Task) -> Task:
    Checkpoints.remove_checkpoint = killing(lambda call: call == 1, Checkpoints.remove_checkpoint)
    return task


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[float, Any]:
    return {dropout: tiny.train(tmp_path_factory.mktemp("undisturbed"), dropout) for dropout in (0.0, 0.1)}


@pytest.mark.parametrize("dropout", [0.0, 0.1])
@pytest.mark.parametrize(
    ("at", "epochs"),
    [
        (in_the_first_step, 0),
        (in_a_step, 2),
        (in_validation, 2),
        (in_a_half_written_checkpoint, 2),
        (before_a_checkpoint_has_its_name, 2),
        (before_an_older_checkpoint_is_removed, 3),
    ],
)
def test_a_training_killed_anywhere_ends_as_an_undisturbed_one(
    tmp_path: Path, undisturbed: dict[float, Any], dropout: float, at: Callable[[Task], Task], epochs: int
) -> None:
    killed(tmp_path, dropout, at)
    newest = Checkpoints(tmp_path, "tiny").newest()
    assert (newest.name if newest else None) == (f"epoch-{epochs:06d}.pt" if epochs else None)
    assert tiny.train(tmp_path, dropout) == undisturbed[dropout]


def test_a_training_that_met_a_full_disk_goes_on_once_there_is_space(
    tmp_path: Path, undisturbed: dict[float, Any]
) -> None:
    with small_disk(tmp_path / "disk", "256k") as disk:

        def filled_in_epoch_3(task: Task) -> Task:
            calls = itertools.count()

            def validation(part: Any) -> Any:
                if next(calls) == 3:
                    fill(disk)
                return task.validation(part)

            return dataclasses.replace(task, validation=validation)

        with pytest.raises(OSError, match="No space left on device") as caught:
            tiny.train(disk, 0.1, filled_in_epoch_3)
        assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(disk / "tiny/epoch-000003.pt"))
        left = sorted(path.name for path in (disk / "tiny").iterdir())
        assert left == ["epoch-000001.pt", "epoch-000002.pt"]
        (disk / "filler").unlink()
        assert Checkpoints(disk, "tiny").newest().name == "epoch-000002.pt"
        assert tiny.train(disk, 0.1) == undisturbed[0.1]


def test_a_damaged_newest_checkpoint_costs_an_epoch_and_changes_nothing(
    tmp_path: Path, undisturbed: dict[float, Any]
) -> None:
    killed(tmp_path, 0.1, before_an_older_checkpoint_is_removed)
    newest = Checkpoints(tmp_path, "tiny").newest()
    content = bytearray(newest.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 512] = bytes(byte ^ 1 for byte in content[middle : middle + 512])  # more than padding
    newest.write_bytes(content)
    assert Checkpoints(tmp_path, "tiny").newest().name == "epoch-000002.pt"
    assert tiny.train(tmp_path, 0.1) == undisturbed[0.1]


def test_the_last_checkpoint_is_the_same_as_that_of_an_undisturbed_training(tmp_path: Path) -> None:
    """Not the best weights and the losses alone: nothing of the state that a further epoch would start from differs."""
    tiny.train(tmp_path / "whole", 0.1)
    killed(tmp_path / "killed", 0.1, in_a_step)
    tiny.train(tmp_path / "killed", 0.1)
    one, other = (
        Checkpoints(tmp_path / name, "tiny").load_checkpoint(tmp_path / name / f"tiny/epoch-{tiny.EPOCHS:06d}.pt")
        for name in ("whole", "killed")
    )
    assert all(torch.equal(tensor, other["state_dict"][name]) for name, tensor in one["state_dict"].items())
    assert one["lr_schedulers"] == other["lr_schedulers"] and one["global_step"] == other["global_step"]
    moments = [checkpoint["optimizer_states"][0]["state"] for checkpoint in (one, other)]
    assert all(torch.equal(moments[0][p][key], moments[1][p][key]) for p in moments[0] for key in moments[0][p])


def test_two_ranks_learn_what_one_does_and_both_hold_it(tmp_path: Path, undisturbed: dict[float, Any]) -> None:
    """Ranks with two and three samples of a step: the mean is that over samples, not over ranks."""
    zero, one = on_two_ranks(tmp_path, 0.0)
    assert zero == one
    weights, *rows = (np.frombuffer(zero[0], np.float32), *zero[1])
    np.testing.assert_allclose(weights, np.frombuffer(undisturbed[0.0][0], np.float32), rtol=0, atol=1e-5)
    for row, of_one in zip(rows, undisturbed[0.0][1], strict=True):
        np.testing.assert_allclose(row, of_one, rtol=1e-5)
    assert sorted(path.name for path in (tmp_path / "tiny").iterdir()) == ["epoch-000004.pt", "epoch-000005.pt"]


def test_two_killed_ranks_end_as_undisturbed_ones(tmp_path: Path) -> None:
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()
    whole = on_two_ranks(tmp_path / "whole", 0.1)
    assert on_two_ranks(tmp_path / "killed", 0.1, in_a_step) == [None, None]
    assert Checkpoints(tmp_path / "killed", "tiny").newest().name == "epoch-000002.pt"
    assert on_two_ranks(tmp_path / "killed", 0.1) == whole


def test_dropout_is_drawn_anew_in_every_step_and_differs_with_the_seed(tmp_path: Path) -> None:
    drawn = []

    def loss(model: torch.nn.Module, batch: Any) -> Loss:
        if tiny.trained_on(model, batch):
            drawn.append(torch.rand(4).tolist())
        return tiny.squared_error(model, batch)

    for seed in (1, 2):
        model, task = tiny.regression(0.0)
        schedule = tiny.schedule(seed=seed, max_epochs=2)
        fit(model, dataclasses.replace(task, loss=loss), schedule, Checkpoints(tmp_path, str(seed)))
    assert len(drawn) == len({tuple(numbers) for numbers in drawn}) == 2 * 2 * tiny.STEPS


def test_rank_0_draws_what_one_rank_alone_draws() -> None:
    assert seed_of(loop.DROPOUT, 4294967295, 99, 0) == seed_of(loop.DROPOUT, 4294967295, 99)
    assert seed_of(loop.DROPOUT, 4294967295, 99, 1) != seed_of(loop.DROPOUT, 4294967295, 99)


@pytest.mark.parametrize("reported", [True, False])
def test_a_loss_that_is_no_number_is_one_line(tmp_path: Path, reported: bool) -> None:
    model, task = tiny.regression(0.0)

    def loss(model: torch.nn.Module, batch: Any) -> Loss:
        total, count, _ = tiny.squared_error(model, batch)
        if not model.training:
            return Loss(total, count)
        wrong = total * float("nan")
        return Loss(wrong, count) if reported else Loss(total, count, (Term(total, count), Term(wrong, count)))

    with pytest.raises(BadInput, match="training/learning_rate: the loss is nan in epoch 1. Lower it."):
        fit(model, dataclasses.replace(task, loss=loss), tiny.schedule(), Checkpoints(tmp_path, "one"))


def test_a_fault_in_the_data_is_raised_as_it_is(tmp_path: Path) -> None:
    model, task = tiny.regression(0.0)

    def training(epoch: int, part: Any) -> Iterator[Any]:
        yield next(iter(task.training(epoch, part)))
        raise BadInput("shard.h5ad", "X", "damaged", "Remove it.")

    with pytest.raises(BadInput, match="shard.h5ad: X: damaged. Remove it."):
        fit(model, dataclasses.replace(task, training=training), tiny.schedule(), Checkpoints(tmp_path, "one"))


def test_the_log_says_how_far_a_training_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """By a clock that each step of five samples moves on by ten seconds."""
    now = 0.0

    def loss(model: torch.nn.Module, batch: Any) -> Loss:
        nonlocal now
        now += 10.0 if tiny.trained_on(model, batch) else 0.0
        return tiny.squared_error(model, batch)

    monkeypatch.setattr(progress.time, "monotonic", lambda: now)
    monkeypatch.chdir(tmp_path)
    model, task = tiny.regression(0.0)
    task, checkpoints = dataclasses.replace(task, loss=loss), Checkpoints(tmp_path, "one")
    with caplog.at_level(logging.INFO, logger=progress.__name__):
        fit(model, task, tiny.schedule(max_epochs=2), checkpoints)
        history = fit(model, task, tiny.schedule(max_epochs=3), checkpoints, checkpoints.newest())
    assert [row["seconds"] for row in history] == [0, 50, 50, 50]
    said = [record.getMessage() for record in caplog.records if record.name == progress.__name__]
    assert said == [
        "epoch 1 of 2: step 3 of 5, 0.5 samples/s, at most 0:01:10 left",
        "epoch 1 of 2: step 5 of 5, 0.46 samples/s, at most 0:00:50 left",
        "epoch 2 of 2: step 3 of 5, 0.5 samples/s, at most 0:00:20 left",
        "epoch 2 of 2: step 5 of 5, 0.46 samples/s, at most 0:00:00 left",
        "epoch 3 of 3: step 3 of 5, 0.5 samples/s, at most 0:00:20 left",  # resumed: its own steps tell the rate
        "epoch 3 of 3: step 5 of 5, 0.46 samples/s, at most 0:00:00 left",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["one"], "Lightning writes no log of its own"


def test_sums_over_ranks_are_exact_far_beyond_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two ranks, the other of which has the same numbers."""
    strategy = SimpleNamespace(reduce=lambda values, reduce_op: {"sum": 2 * values}[reduce_op])
    trainer = SimpleNamespace(global_rank=0, world_size=2, strategy=strategy)
    monkeypatch.setattr(loop.Loop, "trainer", trainer)
    model, task = tiny.regression(0.0)
    one = loop.Loop(model, task, tiny.schedule())
    assert one._over_ranks(2**24 + 1, 0.1) == [2 * (2**24 + 1), 0.2]


@pytest.mark.parametrize(("count", "mean"), [(0, 6.0), (1, 6.0), (3, 2.0)])
def test_a_step_goes_down_the_mean_over_what_is_predicted(
    count: int, mean: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop.Loop, "trainer", SimpleNamespace(global_rank=0, world_size=1))
    model, task = tiny.regression(0.0)
    task = dataclasses.replace(task, loss=lambda model, batch: Loss(torch.tensor(6.0), count))
    one = loop.Loop(model, task, tiny.schedule())
    one.on_train_epoch_start()
    assert one.training_step(None, 0) == mean


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_where_there_is_no_gpu_auto_is_the_cpu_and_gpu_is_one_line() -> None:
    assert device_kind("auto", 2) == device_kind("cpu", 2) == "cpu"
    with pytest.raises(BadInput, match="training/accelerator: is gpu, but PyTorch finds no GPU here"):
        device_kind("gpu", 1)


def test_fewer_gpus_than_devices_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert device_kind("auto", 1) == "gpu" and device_kind("cpu", 2) == "cpu"
    with pytest.raises(BadInput, match="training/devices: is 2, but PyTorch finds 1 GPU here"):
        device_kind("auto", 2)
