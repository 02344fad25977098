"""A step of several batches is that of one batch of all their samples."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from tests.training import tiny
from tests.training.test_loop import rates
from workflow_scripts.training import loop
from workflow_scripts.training.loop import Loss, Task
from workflow_scripts.training.objective import Term

LARGE = {"batch_size": 12, "learning_rate": 0.1}
SMALL = {"batch_size": 4, "accumulate": 3, "learning_rate": 0.1}  # 4, 4 and 4 samples, then 4, 4 and 3


def some(task: Task) -> Task:
    """The task with a loss that predicts samples of some kind alone: many of one batch, few or none of another."""

    def loss(model: torch.nn.Module, batch: tuple[torch.Tensor, torch.Tensor]) -> Loss:
        x, y = batch
        error = (model(x) - y).square()[x[:, 0] > 0.3]
        return Loss(error.sum(), error.numel())

    return dataclasses.replace(task, loss=loss)


@pytest.mark.parametrize("clipped", [True, False])
def test_small_batches_take_the_step_of_a_large_one(tmp_path: Path, clipped: bool) -> None:
    def of(task: Task) -> Task:
        task = some(task)
        scale = 30.0 if clipped else 0.01  # the norm of the whole gradient is clipped, not that of a part
        scaled = lambda model, batch: Loss(task.loss(model, batch).total * scale, task.loss(model, batch).count)  # noqa: E731
        return dataclasses.replace(task, loss=scaled)

    large, small = (tiny.train(tmp_path / str(changes["batch_size"]), 0.0, of, **changes) for changes in (LARGE, SMALL))
    np.testing.assert_allclose(*(np.frombuffer(each[0], np.float32) for each in (small, large)), rtol=0, atol=2e-6)
    for row, other in zip(small[1], large[1], strict=True):
        np.testing.assert_allclose(row, other, rtol=1e-4)


def test_of_several_terms_a_batch_is_worth_what_it_predicts_of_the_reported_loss(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loop.Loop, "trainer", SimpleNamespace(global_rank=0, world_size=1))
    model, task = tiny.regression(0.0)
    counts, others = [3, 0, 5], [1, 4, 2]
    one = loop.Loop(model, task, tiny.schedule(accumulate=3))
    one.on_train_epoch_start()
    one.model = nn.ParameterList([nn.Parameter(torch.zeros(()))])
    weight = one.model[0]
    for place, (count, other) in enumerate(zip(counts, others, strict=True)):
        terms = (Term(weight * 2.0 * (place + 1) * count, count), Term(weight * 7.0 * (place + 1) * other, other))
        given = Loss(weight * 0.0, count, terms)
        one.task = dataclasses.replace(task, loss=lambda model, batch, given=given: given)
        (one.training_step(None, place) / 3).backward()  # as Lightning divides
    means = [9.0, 18.0, 27.0]  # of each batch, both terms
    assert weight.grad.item() == pytest.approx((3 * means[0] + 5 * means[2]) / 8)


def test_the_schedule_counts_steps_and_the_last_batches_of_an_epoch_make_one(tmp_path: Path) -> None:
    changes: dict[str, Any] = {"accumulate": 3, "max_epochs": 6}  # of five batches an epoch: steps of three and of two
    _, history = tiny.train(tmp_path, 0.0, **changes)
    wanted = rates(tiny.schedule(**changes))
    assert len(wanted) == 12
    np.testing.assert_allclose([row[3] for row in history[:-1]], wanted[1::2], atol=1e-15)


def test_batches_of_one_step_drop_different_units(tmp_path: Path) -> None:
    drawn = []

    def noted(task: Task) -> Task:
        def loss(model: torch.nn.Module, batch: Any) -> Loss:
            if tiny.trained_on(model, batch):
                drawn.append(tuple(torch.rand(4).tolist()))
            return task.loss(model, batch)

        return dataclasses.replace(task, loss=loss)

    tiny.train(tmp_path, 0.0, noted, accumulate=2, max_epochs=2)
    assert len(drawn) == len(set(drawn)) == 2 * tiny.STEPS
