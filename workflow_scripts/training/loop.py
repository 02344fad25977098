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
from lightning.pytorch.strategies import DDPStrategy, ModelParallelStrategy, Strategy
from torch import Tensor, nn

from workflow_scripts.io.errors import BadInput
from workflow_scripts.training import memory
from workflow_scripts.training.average import Average
from workflow_scripts.training.objective import Loss
from workflow_scripts.training.part import Part
from workflow_scripts.training.progress import Progress
from workflow_scripts.training.resume import Checkpoints
from workflow_scripts.training.schedule import Schedule, device_kind
from workflow_scripts.training.sharding import shard, whole

DROPOUT = 3  # the first number of a seed; the streams of data have others
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Task:
    """What is trained on: batches by epoch (from 1), validation batches, and the loss of a batch.

    Every part has as many batches as any other, and the parts of a step are together its whole batch. The example is
    a batch of so many samples, fewer where there are none, by which memory is estimated.
    """

    training: Callable[[int, Part], Iterable[Any]]
    validation: Callable[[Part], Iterable[Any]]
    loss: Callable[[nn.Module, Any], Loss]
    example: Callable[[int], Any]


def fit(
    model: nn.Module, task: Task, schedule: Schedule, checkpoints: Checkpoints, resume_from: Path | None = None
) -> list[dict[str, Any]]:
    """Train `model`, leave in it the weights of its best validation epoch, and return the history.

    History: one row an epoch with epoch, train_loss, validation_loss, learning_rate, seconds, samples_per_second and
    peak_memory_mib (of this rank). Row 0 is the model before training; should no epoch be better, its weights are what
    remains. Under an average (`ema`) all validation and all that is kept is of it. `resume_from` is the newest of
    `checkpoints`, chosen by one process for all ranks. With several ranks each calls this.

    Raises BadInput on a loss that is not finite, and where a GPU has too little memory.
    """
    kind = device_kind(schedule.accelerator, schedule.devices)
    sharded = schedule.strategy == "fsdp" and schedule.ranks > 1
    loop = Sharded(copy.deepcopy(model), task, schedule) if sharded else Loop(model, task, schedule)
    environment = LightningEnvironment() if schedule.nodes == 1 else SLURMEnvironment(auto_requeue=False)
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    torch.utils.deterministic.fill_uninitialized_memory = False  # a tenth of a step, of what nothing here reads
    with warnings.catch_warnings():  # advice on set-ups that this is not, and torch's new names for Lightning's old
        warnings.filterwarnings("ignore", module=r"lightning\.")
        trainer = lightning.Trainer(
            accelerator=kind,
            devices=schedule.devices,
            num_nodes=schedule.nodes,
            strategy="auto" if schedule.ranks == 1 else strategy(schedule.strategy, schedule.ranks),
            accumulate_grad_batches=schedule.accumulate,
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
        try:
            trainer.fit(loop, ckpt_path=resume_from, weights_only=True)
        except torch.OutOfMemoryError as error:
            reason = f"a step does not fit the memory of the GPU ({str(error).splitlines()[0]})"
            raise BadInput("configuration", "training/batch_size", reason, memory.REMEDY) from error
    model.load_state_dict(loop.best)
    report(loop.history, schedule, kind)
    return loop.history


def strategy(name: str, ranks: int) -> Strategy:
    """How several ranks share a model: `ddp`, each holds it whole; `fsdp`, each holds a part (see `sharding`)."""
    if name == "ddp":
        return DDPStrategy(forward_sync_buffers=False)
    return ModelParallelStrategy(data_parallel_size=ranks, tensor_parallel_size=1, save_distributed_checkpoint=False)


def report(history: list[dict[str, Any]], schedule: Schedule, kind: str) -> None:
    """Log what the training took, of however many sittings."""
    seconds, epochs = sum(row["seconds"] for row in history), len(history) - 1
    each, unit = (torch.get_num_threads(), "core") if kind == "cpu" else (1, "GPU")
    log.info(
        "%d epochs, %.4g samples/s, %.3g %s-hours; memory of a rank at its peak: %s GiB",
        epochs,
        epochs * schedule.samples / max(seconds, 1e-9),
        seconds * schedule.ranks * each / 3600,
        unit,
        memory.gib(max(row["peak_memory_mib"] for row in history) * 2**20),
    )


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
        self.predicted = 0  # by the batches of a step, over all ranks, so far
        self.history: list[dict[str, Any]] = []
        self.best: dict[str, Tensor] = {}
        self.average: Average | None = None
        self.state_of_average: dict[str, Any] = {}  # of the checkpoint that this goes on from

    @property
    def part(self) -> Part:
        return Part(self.trainer.global_rank, self.trainer.world_size)

    def forward(self, batch: Any) -> Loss:
        """All that reads parameters does so in here, where they are whole."""
        return self.task.loss(self.model, batch)

    def configure_optimizers(self) -> dict[str, Any]:
        optimizer = torch.optim.AdamW(
            self.model.parameters(),
            lr=1.0,  # times the schedule, which is the rate itself
            weight_decay=self.schedule.weight_decay,
            betas=(0.9, 0.98),
        )
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, self.schedule.rate)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}

    def on_fit_start(self) -> None:
        of_job = self.schedule.memory and self.schedule.memory // self.schedule.devices
        memory.check(self._memory(), self.device, of_job)

    def _memory(self) -> memory.Estimate:
        def loss_of(samples: int) -> Tensor:
            batch = self.trainer.strategy.batch_to_device(self.task.example(samples), self.device)
            with self.trainer.precision_plugin.forward_context():
                return self(batch).total

        rows = math.ceil(self.schedule.batch_size / self.schedule.ranks)
        kept = memory.activations(loss_of, rows)
        held = memory.in_use(self.device)  # by now with what a first loss takes along to the device
        return memory.estimate(self, held, self.schedule.ema > 0, isinstance(self.trainer.strategy, DDPStrategy), kept)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        average = self.average.state() if self.average else {}
        checkpoint.update(history=self.history, best=self.best, average=average)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self.history, self.best = checkpoint["history"], checkpoint["best"]
        self.state_of_average = checkpoint["average"]

    def train_dataloader(self) -> Batches:
        return Batches(lambda: self.task.training(len(self.history), self.part))

    def val_dataloader(self) -> Batches:
        return Batches(lambda: self.task.validation(self.part))

    def on_train_start(self) -> None:
        if self.schedule.ema:
            self.average = Average(self.model, self.schedule.ema)
            if self.state_of_average:
                self.average.load(self.state_of_average)

    def on_train_epoch_start(self) -> None:
        self.started, self.total, self.count = time.monotonic(), 0.0, 0

    def on_train_batch_start(self, batch: Any, batch_index: int) -> None:
        self.rate = self.optimizers().param_groups[0]["lr"]
        number = self.global_step * self.schedule.accumulate + batch_index % self.schedule.accumulate
        # rank 0 drops what one rank alone would: a seed's last zeros count for nothing
        torch.manual_seed(seed_of(DROPOUT, self.schedule.seed, number, self.part.rank))

    def training_step(self, batch: Any, batch_index: int) -> Tensor:
        loss = self(batch)
        for total in (float(part.total.detach()) for part in (*loss.terms, loss)):
            if not math.isfinite(total):
                reason = f"the loss is {total} in epoch {len(self.history)}"
                raise BadInput("configuration", "training/learning_rate", reason, "Lower it.")
        self.total, self.count = self.total + total, self.count + loss.count
        reported, *predicted = self._over_ranks(loss.count, *(term.count for term in loss.minimised))
        # Means over all ranks, of which Lightning averages the gradients.
        means = [
            term.total * self.part.world / max(1, int(number))
            for term, number in zip(loss.minimised, predicted, strict=True)
        ]
        share = self._share(int(reported), batch_index)
        return sum(means[1:], means[0]) * (share * self.schedule.accumulate)  # by which Lightning divides

    def _share(self, count: int, batch_index: int) -> float:
        """What a batch that predicts so much is of its step so far; the gradients of those before it become the rest.

        So a step of several batches follows the mean over all that they predict. Of a loss with several terms it is the
        mean over batches, each worth what it predicts of the loss that is reported.
        """
        first = batch_index % self.schedule.accumulate == 0
        self.predicted = count if first else self.predicted + count
        share = count / self.predicted if self.predicted else 1.0
        if not first:
            for parameter in self.model.parameters():
                if parameter.grad is not None:
                    parameter.grad *= 1 - share
        return share

    def optimizer_step(self, *arguments: Any, **named: Any) -> None:
        super().optimizer_step(*arguments, **named)
        if self.average:
            self.average.update()

    def on_validation_epoch_start(self) -> None:
        self.validation_total, self.validation_count = 0.0, 0
        if self.average:
            self.average.swap()

    def validation_step(self, batch: Any, batch_index: int) -> None:
        loss = self(batch)
        self.validation_total += float(loss.total)
        self.validation_count += loss.count

    def on_validation_epoch_end(self) -> None:
        total, count = self._over_ranks(self.validation_total, self.validation_count)
        self.validation_loss = total / max(1, count)
        best = min((row["validation_loss"] for row in self.history), default=math.inf)
        if not self.history or self.validation_loss < best:
            self.best = whole(self.model.state_dict())
        if self.average:
            self.average.swap()
        if self.trainer.sanity_checking:
            self._record(float("nan"), 0.0, 0.0)

    def on_train_epoch_end(self) -> None:
        """Validation is over by now: note the epoch; patience and checkpoint follow."""
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
        row = {
            "epoch": len(self.history),
            "train_loss": train_loss,
            "validation_loss": self.validation_loss,
            "learning_rate": rate,
            "seconds": seconds,
            "samples_per_second": self.schedule.samples / seconds if seconds else 0.0,
            "peak_memory_mib": memory.peak(self.device) / 2**20,
        }
        self.history.append(row)
        log.info("epoch %(epoch)d: train %(train_loss).4f, validation %(validation_loss).4f, %(seconds).1f s", row)


class Sharded(Loop):
    """A Loop whose model is shared between ranks."""

    def configure_model(self) -> None:
        shard(self, self.device_mesh["data_parallel"])


def seed_of(*numbers: int) -> int:
    """A seed for torch that is a function of some small numbers."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> 1)
