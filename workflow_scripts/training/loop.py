"""The training loop around any model: Lightning's Trainer, one checkpoint an epoch, exact resume.

A batch of epoch e and step s, the noise of its dropout and its learning rate are functions of
(seed, e, s). So a state after an epoch is the weights, the optimizer and the history, and a resumed
training ends at the very weights of an undisturbed one (on a CPU, with as many threads).
"""

from __future__ import annotations

import copy
import logging
import math
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import lightning.pytorch as lightning
import numpy as np
import torch
from lightning.pytorch.plugins.environments import LightningEnvironment
from torch import Tensor, nn

from workflow_scripts.io.errors import BadInput
from workflow_scripts.training.objective import Loss
from workflow_scripts.training.resume import Checkpoints

WARM_UP = 0.05  # of all steps, linear; a cosine to zero follows
DROPOUT = 3  # the first number of a seed; the streams of data have others
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Schedule:
    seed: int
    max_epochs: int
    steps_per_epoch: int
    learning_rate: float
    weight_decay: float
    patience: int  # epochs without a better validation loss
    accelerator: str  # auto, cpu or gpu

    def rate(self, step: int) -> float:
        """The learning rate of a step, counted from 0 over all epochs."""
        steps = self.max_epochs * self.steps_per_epoch
        warm_up = max(1, round(WARM_UP * steps))
        if step < warm_up:
            return self.learning_rate * (step + 1) / warm_up
        return self.learning_rate * (1 + math.cos(math.pi * (step - warm_up) / max(1, steps - warm_up))) / 2


@dataclass(frozen=True)
class Task:
    """What is trained on: batches by epoch (from 1), validation batches, and the loss of a batch."""

    training: Callable[[int], Iterable[Any]]
    validation: Callable[[], Iterable[Any]]
    loss: Callable[[nn.Module, Any], Loss]


def device_kind(accelerator: str) -> str:
    """Return `cpu` or `gpu`; `auto` takes a GPU where there is one."""
    if accelerator == "gpu" and not torch.cuda.is_available():
        raise BadInput(
            "configuration",
            "training/accelerator",
            "is gpu, but PyTorch finds no GPU here",
            "Set it to auto or cpu, or run the job where there is one.",
        )
    return "gpu" if accelerator != "cpu" and torch.cuda.is_available() else "cpu"


def fit(model: nn.Module, task: Task, schedule: Schedule, checkpoints: Checkpoints) -> list[dict[str, Any]]:
    """Train `model`, leave in it the weights of its best validation epoch, and return the history.

    History: one row an epoch with epoch, train_loss, validation_loss, learning_rate, seconds. Row 0 is
    the model before training; should no epoch be better, its weights are what remains.
    """
    kind = device_kind(schedule.accelerator)
    loop = Loop(model, task, schedule, checkpoints)
    state = checkpoints.latest()
    if state is not None:
        loop.restore(state)
    left = schedule.max_epochs - loop.epochs_done
    if left > 0 and not loop.out_of_patience:
        logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
        trainer = lightning.Trainer(
            accelerator=kind,
            devices=1,
            precision="bf16-mixed" if kind == "gpu" else "32-true",
            deterministic=kind == "cpu",
            max_epochs=left,
            num_sanity_val_steps=0 if loop.history else -1,  # all validation batches, for row 0
            reload_dataloaders_every_n_epochs=1,
            gradient_clip_val=1.0,
            plugins=[LightningEnvironment()],  # one process, also within a SLURM job
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        with warnings.catch_warnings():  # advice on set-ups that this is not, and torch's new names for Lightning's old
            warnings.filterwarnings("ignore", module=r"lightning\.")
            trainer.fit(loop)
    model.load_state_dict(loop.best)
    return loop.history


class Batches:
    """An iterable that begins anew whenever it is iterated over."""

    def __init__(self, batches: Callable[[], Iterable[Any]]) -> None:
        self.batches = batches

    def __iter__(self) -> Iterator[Any]:
        return iter(self.batches())


class Loop(lightning.LightningModule):
    """One model in training: the history, the best weights so far, and the state to go on from."""

    def __init__(self, model: nn.Module, task: Task, schedule: Schedule, checkpoints: Checkpoints) -> None:
        super().__init__()
        self.model, self.task, self.schedule, self.checkpoints = model, task, schedule, checkpoints
        self.history: list[dict[str, Any]] = []
        self.best: dict[str, Tensor] = {}
        self.optimizer_state: dict[str, Any] | None = None

    @property
    def epochs_done(self) -> int:
        return max(0, len(self.history) - 1)

    @property
    def out_of_patience(self) -> bool:
        losses = [row["validation_loss"] for row in self.history]
        return bool(losses) and len(losses) - 1 - losses.index(min(losses)) >= self.schedule.patience

    def restore(self, state: dict[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        self.best, self.history, self.optimizer_state = state["best"], state["history"], state["optimizer"]

    def configure_optimizers(self) -> torch.optim.Optimizer:
        schedule = self.schedule
        optimizer = torch.optim.AdamW(
            self.model.parameters(), lr=schedule.learning_rate, weight_decay=schedule.weight_decay, betas=(0.9, 0.98)
        )
        if self.optimizer_state is not None:
            optimizer.load_state_dict(self.optimizer_state)
        return optimizer

    def train_dataloader(self) -> Batches:
        epoch = self.epochs_done + 1
        return Batches(lambda: self.task.training(epoch))

    def val_dataloader(self) -> Batches:
        return Batches(self.task.validation)

    def on_train_epoch_start(self) -> None:
        self.started, self.total, self.count = time.monotonic(), 0.0, 0

    def on_train_batch_start(self, batch: Any, batch_index: int) -> None:
        step = self.epochs_done * self.schedule.steps_per_epoch + batch_index
        torch.manual_seed(seed_of(DROPOUT, self.schedule.seed, step))
        self.rate = self.schedule.rate(step)
        for group in self.optimizers().param_groups:
            group["lr"] = self.rate

    def training_step(self, batch: Any, batch_index: int) -> Tensor:
        loss = self.task.loss(self.model, batch)
        if not torch.isfinite(loss.total):
            reason = f"the loss is {float(loss.total)} in epoch {self.epochs_done + 1}"
            raise BadInput("configuration", "training/learning_rate", reason, "Lower it.")
        self.total, self.count = self.total + float(loss.total.detach()), self.count + loss.count
        return loss.total / max(1, loss.count)

    def on_validation_epoch_start(self) -> None:
        self.validation_total, self.validation_count = 0.0, 0

    def validation_step(self, batch: Any, batch_index: int) -> None:
        loss = self.task.loss(self.model, batch)
        self.validation_total += float(loss.total)
        self.validation_count += loss.count

    def on_validation_epoch_end(self) -> None:
        self.validation_loss = self.validation_total / max(1, self.validation_count)
        if self.trainer.sanity_checking:
            self._record(float("nan"), 0.0, 0.0)

    def on_train_epoch_end(self) -> None:
        """Validation is over by now: note the epoch, keep what is best, and save what goes on."""
        seconds = time.monotonic() - self.started
        self._record(self.total / max(1, self.count), self.rate, seconds)
        state = {
            "model": self.model.state_dict(),
            "best": self.best,
            "history": self.history,
            "optimizer": self.optimizers().optimizer.state_dict(),
        }
        self.checkpoints.save(self.epochs_done, state)
        self.trainer.should_stop = self.out_of_patience

    def _record(self, train_loss: float, rate: float, seconds: float) -> None:
        best = min((row["validation_loss"] for row in self.history), default=math.inf)
        if not self.history or self.validation_loss < best:
            self.best = copy.deepcopy(self.model.state_dict())
        row = {
            "epoch": len(self.history),
            "train_loss": train_loss,
            "validation_loss": self.validation_loss,
            "learning_rate": rate,
            "seconds": seconds,
        }
        self.history.append(row)
        log.info("epoch %(epoch)d: train %(train_loss).4f, validation %(validation_loss).4f, %(seconds).1f s", row)


def seed_of(*numbers: int) -> int:
    """A seed for torch that is a function of some small numbers."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> 1)
