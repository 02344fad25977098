"""Each of two ranks holds half of what a network learns, and a layer is whole only while it is at work."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from torch import nn
from torch.distributed.device_mesh import init_device_mesh

from tests.training.processes import copy_of_this_process
from workflow_scripts.training import ranks
from workflow_scripts.training.sharding import as_part, gathered_bytes, part, shard, whole

FLOAT = 4  # bytes


class Layered(nn.Module):
    """Two layers in a list, and numbers beside them that are read without a call of their own module."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(8, 8, bias=False) for _ in range(2))
        self.beside = nn.Linear(8, 4, bias=False)
        self.register_buffer("known", torch.arange(3.0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x = layer(x)
        return x @ self.beside.weight.T


def halves() -> None:
    torch.distributed.init_process_group("gloo", rank=int(os.environ["LOCAL_RANK"]), world_size=2)
    torch.manual_seed(0)
    model, x = Layered(), torch.randn(3, 8)
    before, wanted = {name: tensor.clone() for name, tensor in model.state_dict().items()}, model(x)
    assert gathered_bytes(model) == 0
    shard(model, init_device_mesh("cpu", (2,)))
    for _ in range(2):  # before and after a pass
        held = {name: part(parameter) for name, parameter in model.named_parameters()}
        assert [tensor.numel() for tensor in held.values()] == [32, 32, 16]
        found = whole(model.state_dict())
        assert list(found) == list(before) and all(found[name].equal(before[name]) for name in before)
        assert all(as_part(before[name], model.get_parameter(name)).equal(tensor) for name, tensor in held.items())
        torch.testing.assert_close(model(x), wanted)
        with torch.no_grad():
            torch.testing.assert_close(model(x), wanted)
    assert gathered_bytes(model) == FLOAT * (32 + 64)  # what stands outside of layers, and one layer
    torch.distributed.destroy_process_group()


def test_a_rank_holds_its_half_and_makes_it_whole(tmp_path: Path) -> None:
    variables = [each for _, each in ranks.commands(tmp_path, devices=2, nodes=1, threads=1)]

    def run(rank: int) -> None:
        os.environ.update(variables[rank])
        halves()

    children = [copy_of_this_process(lambda rank=rank: run(rank)) for rank in (0, 1)]
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]
