"""How long to train, at which learning rate, and where."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from workflow_scripts.io.errors import BadInput

WARM_UP = 0.05  # of all steps, linear; a cosine to zero follows


@dataclass(frozen=True)
class Schedule:
    seed: int
    samples: int  # of the train split
    batch_size: int  # of all devices together
    accumulate: int  # batches of one step
    max_epochs: int
    learning_rate: float
    weight_decay: float
    ema: float  # decay of the average of the weights that is validated and kept, see `average`; 0 for none
    patience: int  # epochs without a better validation loss
    accelerator: str  # auto, cpu or gpu
    devices: int = 1  # of each node
    nodes: int = 1
    strategy: str = "ddp"  # how several devices share the model, ddp or fsdp
    memory: int | None = None  # bytes that the job asked for of each node, where it is known

    @property
    def ranks(self) -> int:
        return self.devices * self.nodes

    @property
    def batches_per_epoch(self) -> int:
        return math.ceil(self.samples / self.batch_size)

    @property
    def steps_per_epoch(self) -> int:
        return math.ceil(self.batches_per_epoch / self.accumulate)

    @property
    def steps(self) -> int:
        return self.max_epochs * self.steps_per_epoch

    def rate(self, step: int) -> float:
        """The learning rate of a step, counted from 0 over all epochs."""
        warm_up = max(1, round(WARM_UP * self.steps))
        if step < warm_up:
            return self.learning_rate * (step + 1) / warm_up
        return self.learning_rate * (1 + math.cos(math.pi * (step - warm_up) / max(1, self.steps - warm_up))) / 2


def device_kind(accelerator: str, devices: int = 1) -> str:
    """Return `cpu` or `gpu`; `auto` takes GPUs where there are any. Raises BadInput where there are too few."""
    found = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if accelerator == "cpu" or accelerator == "auto" and not found:
        return "cpu"
    if not found:
        raise BadInput(
            "configuration",
            "training/accelerator",
            "is gpu, but PyTorch finds no GPU here",
            "Set it to auto or cpu, or run the job where there is one.",
        )
    if devices > found:
        raise BadInput(
            "configuration",
            "training/devices",
            f"is {devices}, but PyTorch finds {found} GPU here",
            "Lower it, or ask for as many GPUs.",
        )
    return "gpu"
