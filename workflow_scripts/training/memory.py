"""How much memory a training takes of its device: estimated before, and the peak behind it.

What parameters, gradients, moments and the average take is counted. What a forward pass keeps for its backward one is
measured with one sample and with two, and goes on in a straight line. The estimate is low: what a backward pass and the
libraries hold for a moment comes on top, and so do the batches that wait.
"""

from __future__ import annotations

import logging
import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from workflow_scripts.io.errors import BadInput
from workflow_scripts.training.sharding import gathered_bytes, part

MOMENTS = 2  # of each parameter, of AdamW
REMEDY = "Lower batch_size and raise accumulate, lower genes_per_sample or the size of the model; or take several \
devices, whose strategy may be fsdp."
log = logging.getLogger(__name__)


class Estimate(NamedTuple):
    """Bytes on the device of one rank."""

    held: int  # before the first step: the parameters, and all else that is in memory
    gradients: int  # and of several ranks with a copy each, what they exchange of them
    moments: int
    average: int
    gathered: int  # of parameters that ranks share, with their gradients
    activations: int

    def __str__(self) -> str:
        parts = " + ".join(f"{gib(size)} {name}" for name, size in self._asdict().items() if size)
        return f"{gib(sum(self))} GiB = {parts}"


def estimate(model: nn.Module, held: int, average: bool, exchanged: bool, activations: int) -> Estimate:
    """Of a model on the device where it is trained; exchanged: gradients are, by ranks that each hold it whole."""
    parameters = sum(part(parameter).nbytes for parameter in model.parameters())
    return Estimate(
        held=held,
        gradients=parameters * (1 + exchanged),
        moments=MOMENTS * parameters,
        average=parameters * average,
        gathered=2 * gathered_bytes(model),
        activations=activations,
    )


def activations(loss_of: Callable[[int], Tensor], samples: int) -> int:
    """Bytes that a forward pass keeps for so many samples; loss_of: what that of a number of samples comes to."""
    one, two = (_kept(loss_of, number) for number in (1, 2))
    each = two - one if two > one else one  # as many again where there is no second sample
    return one + (samples - 1) * each


def _kept(loss_of: Callable[[int], Tensor], samples: int) -> int:
    """Bytes of all tensors but parameters that are kept for a backward pass, each counted once."""
    sizes: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        origin = tensor if tensor._base is None else tensor._base
        if not (origin.is_leaf and origin.requires_grad):
            storage = tensor.untyped_storage()
            sizes[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = loss_of(samples)  # as long as it lives, no place in memory is given to another tensor
    del loss
    return sum(sizes.values())


def check(needed: Estimate, device: torch.device, job: int | None) -> None:
    """Log the estimate. What a GPU cannot hold raises BadInput; more than the `job` asked for (bytes) is a warning."""
    log.info("memory of a rank, estimated: %s", needed)
    if device.type == "cuda":
        there = torch.cuda.get_device_properties(device).total_memory
        if sum(needed) > there:
            reason = f"needs about {needed}, but the GPU has {gib(there)} GiB"
            raise BadInput("configuration", "training/batch_size", reason, REMEDY)
    elif job and sum(needed) > job:
        log.warning("training needs about %s, but the job asked for %s GiB. %s", needed, gib(job), REMEDY)


def in_use(device: torch.device) -> int:
    """Bytes that are held now: on a GPU by tensors, on a CPU by the process."""
    if device.type == "cuda":
        return torch.cuda.memory_allocated(device)
    statm = Path("/proc/self/statm")  # of Linux
    return (
        int(statm.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
        if statm.exists()
        else peak(device)
    )


def peak(device: torch.device) -> int:
    """Most bytes that were held at once, since the process began."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def gib(size: float) -> str:
    return f"{size / 2**30:.2f}"
