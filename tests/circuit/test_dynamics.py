"""A circuit moves, and rests, as its equations say."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.circuit.material import BASE, GATE, WEIGHTS, rest, series
from workflow_scripts.circuit.dynamics import Dynamics, Shape


def planted(candidates: list[list[int]], members: int = 1, inputs: int = 1) -> Dynamics:
    """The circuit of `material` as a Dynamics with these candidate regulators of each gene."""
    model = Dynamics(Shape(members, 3, len(candidates[0]), inputs))
    reference, sd = torch.tensor([0.4, 0.6, 0.5]), torch.tensor([0.1, 0.2, 0.4])
    with torch.no_grad():
        model.source.copy_(torch.tensor(candidates))
        model.reference.copy_(reference), model.sd.copy_(sd)
        model.floor.zero_(), model.ceiling.fill_(2.0)
        model.unit.fill_(50.0), model.gate.fill_(float(np.log(GATE / (1 - GATE))))
        weights = torch.tensor(WEIGHTS, dtype=torch.float32)
        scaled = weights * sd[None, :] / sd[:, None]
        model.weight.copy_(scaled.gather(1, model.source).expand_as(model.weight))
        level = torch.tensor(BASE, dtype=torch.float32) + weights @ reference
        model.baseline.copy_(((level - reference) / sd).expand_as(model.baseline))
    return model


ALL = [[1, 2], [0, 2], [0, 1]]
FEW = [[1], [0], [1]]


@pytest.mark.parametrize("candidates", [ALL, FEW])
@pytest.mark.parametrize("rates", [[1, 1, 1], [0, 1, 1], [1, 0.5, 1], [0, 1, 0]])
def test_the_state_of_rest_is_that_of_the_equations(candidates: list[list[int]], rates: list[float]) -> None:
    found = planted(candidates).rest(torch.zeros(1, 1), torch.tensor([rates], dtype=torch.float32))
    np.testing.assert_allclose(found[0, 0].detach().numpy(), rest(np.array(rates, float)), atol=1e-5)


def test_a_disturbance_is_followed_and_forgotten() -> None:
    extra = np.array([-0.2, 0, 0])
    wanted = series(extra)
    model = planted(ALL)
    with torch.no_grad():
        model.effect[0, 0, 0] = -0.2 / 0.1  # in sds of the gene
    acting = (torch.arange(12) < 6).float()[None, :, None]
    start = torch.tensor(wanted[:1], dtype=torch.float32)
    found = model.follow(start, acting, torch.ones(1, 3), torch.full((1, 12), 50.0))
    np.testing.assert_allclose(found[0, 0].detach().numpy(), wanted[1:], atol=1e-5)


def test_two_half_steps_to_what_does_not_move_are_one() -> None:
    model = planted(ALL)
    with torch.no_grad():
        model.weight.zero_()
    start = torch.tensor([[1.0, 0.1, 0.3]])
    halves, whole = (
        model.follow(start, torch.zeros(1, len(dt), 1), torch.ones(1, 3), torch.tensor([dt]))[0, 0, -1]
        for dt in ([25.0, 25.0], [50.0])
    )
    np.testing.assert_allclose(halves.detach(), whole.detach(), atol=1e-6)


def test_no_time_moves_nothing() -> None:
    start = torch.tensor([[1.0, 0.1, 0.3]])
    found = planted(ALL).follow(start, torch.zeros(1, 1, 1), torch.ones(1, 3), torch.zeros(1, 1))
    np.testing.assert_array_equal(found[0, 0, 0].detach(), start[0])


def test_levels_stay_between_floor_and_ceiling() -> None:
    model = planted(ALL)
    with torch.no_grad():
        model.weight.fill_(50.0)
    found = model.rest(torch.zeros(1, 1), torch.ones(1, 3)).detach()
    assert torch.isfinite(found).all() and (found >= 0).all() and (found <= 2).all()


def test_a_list_of_candidates_and_a_matrix_regulate_alike() -> None:
    generator = torch.Generator().manual_seed(0)
    genes, number = 40, 3
    model = Dynamics(Shape(2, genes, number, 0))
    for name in ("sd", "ceiling"):
        getattr(model, name).fill_(1.0)
    source = torch.stack([torch.randperm(genes, generator=generator)[:number] for _ in range(genes)])
    model.source.copy_(source)
    torch.nn.init.normal_(model.weight, generator=generator)
    levels = torch.rand(2, 5, genes, generator=generator)
    states = torch.zeros(5, 0), torch.ones(5, genes)
    by_list = model._made(levels, model.weight, *states)
    by_matrix = model._made(levels, model.matrix(), *states)
    np.testing.assert_allclose(by_list.detach(), by_matrix.detach(), atol=1e-6)
    one = model.matrix()[1, 7].detach()
    assert one.count_nonzero() == number and one[source[7, 0]] == model.weight[1, 7, 0]
