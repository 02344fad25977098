"""Weights that several ranks share, each of which holds a part (FSDP2), and how they are made whole.

Parameters, gradients and the moments of AdamW of a rank are its parts alone. Before a layer is at work its parameters
are gathered from all ranks, and let go behind it; its gradients are averaged over the ranks, and each keeps its part.
The layers of a network are those of its lists (`ModuleList`); what stands outside of these is gathered for all of a
pass.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.fsdp import FSDPModule, fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor


def shard(module: nn.Module, mesh: DeviceMesh) -> None:
    """Share the parameters of a module between the ranks of a mesh; they are gathered by its `forward` alone."""
    for inner in reversed(list(module.modules())):  # the innermost first
        if isinstance(inner, nn.ModuleList):
            for layer in inner:
                fully_shard(layer, mesh=mesh)
    fully_shard(module, mesh=mesh, reshard_after_forward=True)


def gathered_bytes(module: nn.Module) -> int:
    """Of parameters that are whole at once: what stands outside of layers, and the largest layer; 0 if not sharded."""
    groups, taken = [], set()
    for inner in reversed(list(module.modules())):
        if isinstance(inner, FSDPModule):
            own = set(inner.parameters()) - taken
            taken |= own
            groups.append(sum(parameter.numel() * parameter.element_size() for parameter in own))
    return sum(groups[-1:]) + max(groups[:-1], default=0)


def whole(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Copies in the memory of the CPU, whole on every rank; all ranks call this together."""
    return {name: gathered(tensor).to("cpu", copy=True) for name, tensor in tensors.items()}


def gathered(tensor: Tensor) -> Tensor:
    tensor = tensor.detach()
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def part(tensor: Tensor) -> Tensor:
    """What this rank holds of a tensor, which changes with it."""
    tensor = tensor.detach()
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


def as_part(tensor: Tensor, like: Tensor) -> Tensor:
    """What this rank would hold of a whole tensor that is shared like another."""
    if isinstance(like, DTensor):
        return distribute_tensor(tensor.to(like.device), like.device_mesh, like.placements).to_local()
    return tensor.to(like.device)
