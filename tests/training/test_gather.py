"""A loss over the rows of all ranks has the gradient that one rank would find of all of them."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.distributed as distributed

from workflow_scripts.training import ranks
from workflow_scripts.training.gather import all_rows

ROWS, WORLD = 4, 3  # ranks with two rows, one, and one; then with one, none and none


def all_pairs(rows: torch.Tensor) -> torch.Tensor:
    """A loss that no sum over rows is."""
    return (rows.flatten(1) @ rows.flatten(1).T).square().sum()


def given(rows: int) -> torch.Tensor:
    return torch.linspace(-1, 2, rows * 6).view(rows, 2, 3)


def on_a_rank(folder: Path, rank: int, threads: int) -> None:
    distributed.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=WORLD)
    found = {}
    for rows in (ROWS, 1):
        own = given(rows)[rank::WORLD].clone().requires_grad_()
        every = all_rows(own)
        all_pairs(every).backward()
        found[rows] = {"rows": every.detach(), "gradient": own.grad}
    torch.save(found, folder / f"{rank}.pt")
    distributed.destroy_process_group()


def test_the_gradients_of_all_ranks_are_together_that_of_one(tmp_path: Path) -> None:
    ranks.call(on_a_rank, {"folder": tmp_path}, devices=WORLD, nodes=1, threads=1, folder=tmp_path / "shared")
    parts = [torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in range(WORLD)]
    for rows in (ROWS, 1):
        whole = given(rows).requires_grad_()
        all_pairs(all_rows(whole)).backward()
        order = torch.cat([torch.arange(rows)[rank::WORLD] for rank in range(WORLD)])
        for rank, part in enumerate(parts):
            torch.testing.assert_close(part[rows]["rows"], whole.detach()[order])
            torch.testing.assert_close(part[rows]["gradient"], whole.grad[rank::WORLD])
