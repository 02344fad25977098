"""How far a training is: a line in the log now and then, and one at the end of every epoch."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from workflow_scripts.training.schedule import Schedule

EVERY = 30.0  # seconds
log = logging.getLogger(__name__)


class Progress(Callback):
    """Says epoch, step, samples per second in this epoch, and the time left should patience last to the end."""

    def __init__(self, schedule: Schedule, every: float = EVERY) -> None:
        self.schedule, self.every = schedule, every

    def on_train_start(self, trainer: Trainer, module: LightningModule) -> None:
        self.started = self.said = time.monotonic()
        self.done_before = trainer.global_step

    def on_train_epoch_start(self, trainer: Trainer, module: LightningModule) -> None:
        self.epoch_started = time.monotonic()

    def on_train_batch_end(
        self, trainer: Trainer, module: LightningModule, outputs: Any, batch: Any, batch_index: int
    ) -> None:
        now = time.monotonic()
        schedule, step = self.schedule, batch_index + 1
        if now - self.said < self.every and step < schedule.steps_per_epoch:
            return
        self.said = now
        samples = min(step * schedule.batch_size, schedule.samples)
        seconds_a_step = (now - self.started) / (trainer.global_step - self.done_before)
        log.info(
            "epoch %d of %d: step %d of %d, %.4g samples/s, at most %s left",
            trainer.current_epoch + 1,
            schedule.max_epochs,
            step,
            schedule.steps_per_epoch,
            samples / max(now - self.epoch_started, 1e-9),
            timedelta(seconds=round(seconds_a_step * (schedule.steps - trainer.global_step))),
        )
