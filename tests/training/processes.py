"""Trainings in processes of their own, that can be killed, and on two ranks."""

from __future__ import annotations

import dataclasses
import os
import pickle
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from tests.training import tiny
from workflow_scripts.training import ranks
from workflow_scripts.training.loop import Task


def killing(when: Callable[[int], bool], of: Callable[..., Any]) -> Callable[..., Any]:
    """`of`, which kills this process at the call for whose number, from 1, `when` is true."""
    calls = 0

    def counted(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if when(calls):
            os.kill(os.getpid(), signal.SIGKILL)
        return of(*arguments, **named)

    return counted


def in_a_step(task: Task) -> Task:
    return dataclasses.replace(task, loss=killing(lambda call: call == tiny.EXAMPLES + 16, task.loss))


def copy_of_this_process(function: Callable[[], None]) -> int:
    """The number of a child that has all that is imported here, calls `function` and ends."""
    if child := os.fork():
        return child
    try:
        torch.set_num_threads(1)  # those of the parent are not copied
        function()
        os._exit(0)
    finally:
        os._exit(1)


def killed(folder: Path, dropout: float, at: Callable[[Task], Task], **changes: Any) -> None:
    """Train in a process that is killed."""
    child = copy_of_this_process(lambda: tiny.train(folder, dropout, at, **changes))
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL


def on_two_ranks(
    folder: Path, dropout: float, task_of: Callable[[Task], Task] = lambda task: task, **changes: Any
) -> list[Any]:
    """What each of two ranks returns, or None of both where rank 1 is killed."""
    variables = [each for _, each in ranks.commands(folder, devices=2, nodes=1, threads=1)]
    returned = [folder / f"returned-{rank}" for rank in (0, 1)]

    def train(rank: int) -> None:
        os.environ.update(variables[rank])
        result = tiny.train(folder, dropout, task_of if rank else lambda task: task, devices=2, **changes)
        returned[rank].write_bytes(pickle.dumps(result))

    children = [copy_of_this_process(lambda rank=rank: train(rank)) for rank in (0, 1)]
    if os.waitpid(children[1], 0)[1]:
        os.kill(children[0], signal.SIGKILL)  # as `ranks.call` does
    os.waitpid(children[0], 0)
    return [pickle.loads(file.read_bytes()) if file.exists() else None for file in returned]
