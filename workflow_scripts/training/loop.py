"""The training loop around any model: Lightning's Trainer, one checkpoint an epoch, exact resume.

A batch of epoch e and step s and the noise of its dropout are functions of (seed, e, s). So a state after
an epoch is what Lightning's checkpoint holds, with the history and the best weights added, and a resumed
training ends at the very weights of an undisturbed one (on CPUs, with as many threads and ranks; cores do not count).

Several ranks take parts of the same batches that one would take whole, and follow the same gradient: that
of the means over all that the batch predicts, wherever it lies. Their dropout alone differs from that of one.
"""

from __future__ import annotations

import copy
import logging
import math
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning.pytorch as lightning
import numpy as np
import torch
from lightning.pytorch.callbacks import EarlyStopping
from lightning.pytorch.callbacks.early_stopping import EarlyStoppingReason
from lightning.pytorch.plugins.environments import LightningEnvironment, SLURMEnvironment
from lightning.pytorch.strategies import DDPStrategy
from torch import Tensor, nn

from workflow_scripts.io.errors import BadInput
from workflow_scripts.training.objective import Loss
from workflow_scripts.training.part import Part
from workflow_scripts.training.progress import Progress
from workflow_scripts.training.resume import Checkpoints
from workflow_scripts.training.schedule import Schedule, device_kind

DROPOUT = 3  # the first number of a seed; the streams of data have others
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Task:
    """What is trained on: batches by epoch (from 1), validation batches, and the loss of a batch.

    Every part has as many batches as any other, and the parts of a step are together its whole batch.
    """

    training: Callable[[int, Part], Iterable[Any]]
    validation: Callable[[Part], Iterable[Any]]
    loss: Callable[[nn.Module, Any], Loss]


def fit(
    model: nn.Module, task: Task, schedule: Schedule, checkpoints: Checkpoints, resume_from: Path | None = None
) -> list[dict[str, Any]]:
    """Train `model`, leave in it the weights of its best validation epoch, and return the history.

    History: one row an epoch with epoch, train_loss, validation_loss, learning_rate, seconds. Row 0 is
    the model before training; should no epoch be better, its weights are what remains. `resume_from` is
    the newest of `checkpoints`, chosen by one process for all ranks. With several ranks each calls this.
    """
    kind = device_kind(schedule.accelerator, schedule.devices)
    loop = Loop(model, task, schedule)
    environment = LightningEnvironment() if schedule.nodes == 1 else SLURMEnvironment(auto_requeue=False)
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    with warnings.catch_warnings():  # advice on set-ups that this is not, and torch's new names for Lightning's old
        warnings.filterwarnings("ignore", module=r"lightning\.")
        trainer = lightning.Trainer(
            accelerator=kind,
            devices=schedule.devices,
            num_nodes=schedule.nodes,
            strategy="auto" if schedule.devices * schedule.nodes == 1 else DDPStrategy(forward_sync_buffers=False),
            precision="bf16-mixed" if kind == "gpu" else "32-true",
            deterministic=kind == "cpu",
            max_epochs=schedule.max_epochs,
            num_sanity_val_steps=-1 if resume_from is None else 0,  # all validation batches, for row 0
            gradient_clip_val=1.0,
            callbacks=[
                Progress(schedule),
                Patience("validation_loss", patience=schedule.patience),
                checkpoints.callback(),
            ],
            plugins=[environment, checkpoints],
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        trainer.fit(loop, ckpt_path=resume_from, weights_only=True)
    model.load_state_dict(loop.best)
    return loop.history


class Patience(EarlyStopping):
    """Lightning's, which knows neither the loss before training nor, resumed, that it had stopped."""

    def on_sanity_check_end(self, trainer: lightning.Trainer, module: Loop) -> None:
        self.best_score = torch.tensor(module.validation_loss, dtype=torch.float64)

    def on_train_start(self, trainer: lightning.Trainer, module: Loop) -> None:
        trainer.should_stop = self.stopping_reason is not EarlyStoppingReason.NOT_STOPPED


class Batches:
    """An iterable that begins anew whenever it is iterated over, and makes a batch while one is trained on."""

    def __init__(self, batches: Callable[[], Iterable[Any]]) -> None:
        self.batches = batches

    def __iter__(self) -> Iterator[Any]:
        iterator, end = iter(self.batches()), object()
        with ThreadPoolExecutor(1) as thread:
            coming = thread.submit(next, iterator, end)
            while (batch := coming.result()) is not end:
                coming = thread.submit(next, iterator, end)
                yield batch


class Loop(lightning.LightningModule):
    """One model in training: its history, and the best weights so far."""

    def __init__(self, model: nn.Module, task: Task, schedule: Schedule) -> None:
        super().__init__()
        self.model, self.task, self.schedule = model, task, schedule
        self.history: list[dict[str, Any]] = []
        self.best: dict[str, Tensor] = {}

    @property
    def part(self) -> Part:
        return Part(self.trainer.global_rank, self.trainer.world_size)

    def configure_optimizers(self) -> dict[str, Any]:
        optimizer = torch.optim.AdamW(
            self.model.parameters(),
            lr=1.0,  # times the schedule, which is the rate itself
            weight_decay=self.schedule.weight_decay,
            betas=(0.9, 0.98),
        )
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, self.schedule.rate)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint.update(history=self.history, best=self.best)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self.history, self.best = checkpoint["history"], checkpoint["best"]

    def train_dataloader(self) -> Batches:
        return Batches(lambda: self.task.training(len(self.history), self.part))

    def val_dataloader(self) -> Batches:
        return Batches(lambda: self.task.validation(self.part))

    def on_train_epoch_start(self) -> None:
        self.started, self.total, self.count = time.monotonic(), 0.0, 0

    def on_train_batch_start(self, batch: Any, batch_index: int) -> None:
        self.rate = self.optimizers().param_groups[0]["lr"]
        # rank 0 drops what one rank alone would: a seed's last zeros count for nothing
        torch.manual_seed(seed_of(DROPOUT, self.schedule.seed, self.global_step, self.part.rank))

    def training_step(self, batch: Any, batch_index: int) -> Tensor:
        loss = self.task.loss(self.model, batch)
        for total in (float(part.total.detach()) for part in (*loss.terms, loss)):
            if not math.isfinite(total):
                reason = f"the loss is {total} in epoch {len(self.history)}"
                raise BadInput("configuration", "training/learning_rate", reason, "Lower it.")
        self.total, self.count = self.total + total, self.count + loss.count
        predicted = self._over_ranks(*(term.count for term in loss.minimised))
        # Means over all ranks, of which Lightning averages the gradients.
        means = [
            term.total * self.part.world / max(1, int(number))
            for term, number in zip(loss.minimised, predicted, strict=True)
        ]
        return sum(means[1:], means[0])

    def on_validation_epoch_start(self) -> None:
        self.validation_total, self.validation_count = 0.0, 0

    def validation_step(self, batch: Any, batch_index: int) -> None:
        loss = self.task.loss(self.model, batch)
        self.validation_total += float(loss.total)
        self.validation_count += loss.count

    def on_validation_epoch_end(self) -> None:
        total, count = self._over_ranks(self.validation_total, self.validation_count)
        self.validation_loss = total / max(1, count)
        if self.trainer.sanity_checking:
            self._record(float("nan"), 0.0, 0.0)

    def on_train_epoch_end(self) -> None:
        """Validation is over by now: note the epoch, and keep what is best; patience and checkpoint follow."""
        seconds = time.monotonic() - self.started
        total, count = self._over_ranks(self.total, self.count)
        self._record(total / max(1, count), self.rate, seconds)
        self.log("epoch", float(len(self.history) - 1))
        self.log("validation_loss", torch.tensor(self.validation_loss, dtype=torch.float64))

    def _over_ranks(self, *numbers: float) -> list[float]:
        """The sum of each number over all ranks."""
        if self.part.world == 1:
            return list(numbers)
        values = torch.tensor(numbers, dtype=torch.float64, device=self.device)
        return self.trainer.strategy.reduce(values, reduce_op="sum").tolist()

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
