"""What a training takes of memory is told before it begins, and one line says where it does not fit."""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from tests.training import tiny
from workflow_scripts.io.errors import BadInput
from workflow_scripts.training import memory
from workflow_scripts.training.loop import Task, fit
from workflow_scripts.training.memory import Estimate
from workflow_scripts.training.resume import Checkpoints

FLOAT = 4  # bytes
EACH = FLOAT * (5 + 16 + 16 + 1)  # of a sample: the inputs of both layers and of GELU, and the error that is squared
GIB = 2**30


def small(samples: int) -> torch.Tensor:
    model, task = tiny.regression(0.0)
    return task.loss(model, task.example(samples)).total


def test_what_a_forward_pass_keeps_is_counted_and_grows_with_the_samples() -> None:
    assert memory.activations(small, 1) == EACH
    assert memory.activations(small, 16) == 16 * EACH


def test_what_is_kept_once_for_all_samples_is_counted_once() -> None:
    """A table is kept by its exponential and, twice, by its square; of each sample a place in it."""
    table = nn.Parameter(torch.ones(100, 3))

    def loss_of(samples: int) -> torch.Tensor:
        made = table.exp()
        return (made * made).sum() + made[torch.zeros(samples, dtype=torch.int64)].sum()

    assert memory.activations(loss_of, 10) == FLOAT * 300 + 10 * 8


def test_where_there_is_no_second_sample_each_counts_as_the_first() -> None:
    assert memory.activations(lambda samples: small(1), 7) == 7 * EACH


@pytest.mark.parametrize(("average", "exchanged"), [(False, False), (True, True)])
def test_gradients_moments_and_the_average_are_as_large_as_the_parameters(average: bool, exchanged: bool) -> None:
    model, _ = tiny.regression(0.0)
    size = FLOAT * (5 * 16 + 16 + 16 + 1)
    found = memory.estimate(model, 1000, average, exchanged, activations=10)
    assert found == Estimate(1000, size * (1 + exchanged), 2 * size, size * average, 0, 10)


def test_the_estimate_is_logged_before_training_and_the_cost_behind_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Two ranks of each node would share what the job asked for."""
    with caplog.at_level(logging.INFO):
        _, history = tiny.train(tmp_path, 0.0, memory=2**20)
    said = [record.getMessage() for record in caplog.records]
    (estimate,) = (place for place, line in enumerate(said) if line.startswith("memory of a rank, estimated: "))
    (warned,) = (record for record in caplog.records if record.levelname == "WARNING")
    assert "but the job asked for 0.00 GiB. Lower batch_size" in warned.getMessage()
    first = next(place for place, line in enumerate(said) if line.startswith("epoch 0:"))
    assert estimate < first and "core-hours; memory of a rank at its peak: " in said[-1]
    assert len(history) == tiny.EPOCHS + 1


def test_what_the_job_asked_for_is_shared_by_the_ranks_of_a_node(monkeypatch: pytest.MonkeyPatch) -> None:
    from workflow_scripts.training import loop

    found = []
    monkeypatch.setattr(memory, "check", lambda needed, device, job: found.append(job))
    monkeypatch.setattr(loop.Loop, "_memory", lambda self: None)
    for changes in ({"memory": 6000, "devices": 3, "nodes": 2}, {}):
        loop.Loop(*tiny.regression(0.0), tiny.schedule(**changes)).on_fit_start()
    assert found == [2000, None]


def test_the_job_is_warned_only_of_more_than_it_asked_for(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        memory.check(Estimate(GIB, 0, 0, 0, 0, GIB), torch.device("cpu"), 2 * GIB)
        memory.check(Estimate(GIB, 0, 0, 0, 0, GIB), torch.device("cpu"), None)
        assert not caplog.records
        memory.check(Estimate(GIB, 0, 0, 0, 0, GIB + 1), torch.device("cpu"), 2 * GIB)
    assert "needs about 2.00 GiB = 1.00 held + 1.00 activations, but the job asked for 2.00 GiB" in caplog.text


def test_what_a_gpu_cannot_hold_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    card = SimpleNamespace(total_memory=80 * GIB)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: card)
    memory.check(Estimate(GIB, 0, 0, 0, 0, 79 * GIB), torch.device("cuda"), 1)
    with pytest.raises(BadInput, match=r"training/batch_size: needs about 81\.00 GiB = .*the GPU has 80\.00 GiB\. Low"):
        memory.check(Estimate(GIB, 0, 0, 0, 0, 80 * GIB), torch.device("cuda"), None)


def test_a_step_that_finds_no_memory_is_one_line(tmp_path: Path) -> None:
    def full(task: Task) -> Task:
        def loss(model: nn.Module, batch: Any) -> Any:
            if tiny.trained_on(model, batch):
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nMore.")
            return task.loss(model, batch)

        return dataclasses.replace(task, loss=loss)

    model, task = tiny.regression(0.0)
    with pytest.raises(BadInput, match="training/batch_size: a step does not fit .*2.00 GiB.\\). Lower batch") as error:
        fit(model, full(task), tiny.schedule(), Checkpoints(tmp_path, "one"))
    assert "\n" not in str(error.value)
