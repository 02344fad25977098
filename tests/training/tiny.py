"""Trainings so small that what must come out can be worked out beside them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from workflow_scripts.training.loop import Loss, Task, fit
from workflow_scripts.training.part import Part
from workflow_scripts.training.resume import Checkpoints
from workflow_scripts.training.schedule import Schedule

SAMPLES, BATCH, STEPS = 23, 5, 5  # two ranks have three and two samples of a step, and two and one of the last
EPOCHS = 5
EXAMPLES = 2  # batches, of one sample and of two, by which memory is estimated before training


def schedule(**changes: Any) -> Schedule:
    settings = {
        "seed": 1,
        "samples": SAMPLES,
        "batch_size": BATCH,
        "accumulate": 1,
        "max_epochs": EPOCHS,
        "learning_rate": 0.02,
        "weight_decay": 0.01,
        "ema": 0.0,
        "patience": EPOCHS,
        "accelerator": "cpu",
    }
    return Schedule(**{**settings, **changes})


def regression(dropout: float, batch: int = BATCH) -> tuple[nn.Module, Task]:
    """A small network with dropout, and samples that it learns in an order that hangs on the epoch alone."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(5, 16), nn.GELU(), nn.Dropout(dropout), nn.Linear(16, 1))
    generator = np.random.default_rng(0)
    x = torch.from_numpy(generator.normal(size=(SAMPLES, 5)).astype(np.float32))
    y = x @ torch.tensor([[0.15], [-0.3], [0.1], [0.0], [0.45]])  # gradients of norms on either side of 1

    def training(epoch: int, part: Part) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        order = np.random.default_rng([7, epoch]).permutation(SAMPLES)
        for first in range(0, SAMPLES, batch):
            rows = order[first : first + batch][part.rank :: part.world]
            yield x[rows], y[rows]

    def validation(part: Part) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        yield x[:5][part.rank :: part.world] + 0.1, y[:5][part.rank :: part.world]

    return model, Task(training, validation, squared_error, lambda samples: (x[:samples].clone(), y[:samples]))


def squared_error(model: nn.Module, batch: tuple[torch.Tensor, torch.Tensor]) -> Loss:
    x, y = batch
    error = (model(x) - y).square()
    return Loss(error.sum(), error.numel())


def trained_on(model: nn.Module, batch: tuple[torch.Tensor, torch.Tensor]) -> bool:
    """Whether a loss is asked for by a step, not by the estimate of memory."""
    return model.training and len(batch[0]) > EXAMPLES


class Slope(nn.Module):
    """Weights whose training loss has the same slope wherever they are."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.linspace(-1, 1, size))


def slope(gradients: torch.Tensor, target: float) -> tuple[Slope, Task]:
    """Training with given gradients, one for all steps or (STEPS, size); validation: how far w[0] is from `target`."""
    model = Slope(gradients.shape[-1])

    def loss(model: Slope, gradient: torch.Tensor | None) -> Loss:
        if gradient is None:
            return Loss((model.w[0] - target).abs(), 1)
        return Loss(2 * (model.w * gradient).sum(), 2)

    return model, Task(lambda epoch, part: gradients.expand(STEPS, -1), lambda part: [None], loss, lambda samples: None)


def weights(model: nn.Module) -> bytes:
    return b"".join(tensor.numpy().tobytes() for tensor in model.state_dict().values())


def train(
    folder: Path, dropout: float, task_of: Any = lambda task: task, **changes: Any
) -> tuple[bytes, list[tuple[float, ...]]]:
    """Train the regression from its newest checkpoint in `folder`; return its weights and its history without times."""
    torch.set_num_threads(1)
    model, task = regression(dropout, changes.get("batch_size", BATCH))
    checkpoints = Checkpoints(folder, "tiny")
    history = fit(model, task_of(task), schedule(**changes), checkpoints, checkpoints.newest())
    numbers = ("epoch", "train_loss", "validation_loss", "learning_rate")
    return weights(model), [tuple(row[name] for name in numbers) for row in history[1:]] + [
        history[0]["validation_loss"]
    ]
