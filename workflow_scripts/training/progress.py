"""How far a training is: a line in the log now and then, and one at the end of every epoch."""

from __future__ import annotations

import logging
import math
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
        self.batches = 0

    def on_train_epoch_start(self, trainer: Trainer, module: LightningModule) -> None:
        self.epoch_started = time.monotonic()

    def on_train_batch_end(
        self, trainer: Trainer, module: LightningModule, outputs: Any, batch: Any, batch_index: int
    ) -> None:
        now = time.monotonic()
        schedule, batches = self.schedule, batch_index + 1
        self.batches += 1
        if now - self.said < self.every and batches < schedule.batches_per_epoch:
            return
        self.said = now
        samples = min(batches * schedule.batch_size, schedule.samples)
        left = (schedule.max_epochs - trainer.current_epoch) * schedule.batches_per_epoch - batches
        log.info(
            "epoch %d of %d: step %d of %d, %.4g samples/s, at most %s left",
            trainer.current_epoch + 1,
            schedule.max_epochs,
            math.ceil(batches / schedule.accumulate),
            schedule.steps_per_epoch,
            samples / max(now - self.epoch_started, 1e-9),
            timedelta(seconds=round((now - self.started) / self.batches * left)),
        )
