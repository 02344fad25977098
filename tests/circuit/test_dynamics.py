"""A circuit moves, and rests, as its equations say."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.circuit.material import BASE, GATE, WEIGHTS, made, rest, series
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


def test_without_memory_a_level_is_at_once_what_is_produced_and_stays_where_no_time_passes() -> None:
    planted_one = planted(ALL)
    model = Dynamics(Shape(1, 3, 2, 1, recurrent=False))
    model.load_state_dict(planted_one.state_dict())
    start, dt = torch.tensor([[0.5, 0.5, 0.5]]), torch.tensor([[50.0, 0.0]])
    found = model.follow(start, torch.zeros(1, 2, 1), torch.ones(1, 3), dt).detach()[0, 0]
    np.testing.assert_allclose(found[0], made(np.full(3, 0.5), np.ones(3), np.zeros(3)), atol=1e-6)
    np.testing.assert_array_equal(found[1], found[0])


def attentive(genes: int, candidates: int, width: int = 3) -> Dynamics:
    """A Dynamics whose every part is drawn, of levels from -3 to 3 sds."""
    generator = torch.Generator().manual_seed(1)
    model = Dynamics(Shape(2, genes, candidates, 0, attention=width))
    model.begin(0)
    for name, value in (("sd", 1.0), ("floor", -99.0), ("ceiling", 99.0)):
        getattr(model, name).fill_(value)
    order = [[other for other in range(genes) if other != gene] for gene in range(genes)]
    picked = [torch.randperm(genes - 1, generator=generator)[:candidates].tolist() for _ in range(genes)]
    model.source.copy_(torch.tensor([[of[at] for at in at_] for of, at_ in zip(order, picked, strict=True)]))
    attended = [torch.randperm(candidates, generator=generator)[: model.attended.shape[1]] for _ in range(genes)]
    model.attended.copy_(torch.stack(attended))
    with torch.no_grad():
        for part in (model.query, model.weight):
            part.normal_(generator=generator)
    return model


@pytest.mark.parametrize(("genes", "candidates"), [(5, 4), (40, 3), (30, 29)])
def test_attention_weighs_edges_by_the_states_of_both_ends(genes: int, candidates: int) -> None:
    model = attentive(genes, candidates)
    levels = torch.randn(2, 4, genes, generator=torch.Generator().manual_seed(2)) * 2
    found = model.production(levels, torch.zeros(4, 0), torch.ones(4, genes)).detach().numpy()
    of = {name: value.detach().numpy().astype(float) for name, value in model.state_dict().items()}
    sources, attended = model.source.numpy(), model.attended.numpy()
    for member in range(2):
        for state in range(4):
            s = levels[member, state].numpy().astype(float)
            h = np.tanh(of["token"][member] + np.clip(s, -5, 5)[:, None] * of["sense"][member])
            q, k = h @ of["query"][member], h @ of["key"][member]
            for gene in range(genes):
                drive = 0.0
                for at, source in enumerate(sources[gene]):
                    factor = 1 + np.tanh(q[gene] @ k[source] / np.sqrt(3)) if at in attended[gene] else 1.0
                    drive += of["weight"][member, gene, at] * factor * s[source]
                assert found[member, state, gene] == pytest.approx(drive, rel=1e-3, abs=1e-3)


def test_attention_changes_nothing_before_it_is_learned_and_edges_are_those_at_the_reference() -> None:
    model = attentive(5, 4)
    factors = model._as_matrix(model.weights()).detach() / model._as_matrix(model.weight).detach()
    there = torch.isfinite(factors)
    at_rest = 1 + model._attention(torch.zeros(2, 1, 5))[:, 0].detach()
    for gene in range(5):
        for at in range(4):
            source = model.source[gene, at]
            place = (model.attended[gene] == at).nonzero()
            wanted = at_rest[:, gene, place[0, 0]] if len(place) else torch.ones(2)
            assert torch.allclose(factors[:, gene, source], wanted, atol=1e-5)
    with torch.no_grad():
        model.query.zero_()
    assert torch.equal(model._as_matrix(model.weights()), model._as_matrix(model.weight)) and there.any()


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
    by_matrix = model._made(levels, model._as_matrix(model.weights()), *states)
    np.testing.assert_allclose(by_list.detach(), by_matrix.detach(), atol=1e-6)
    one = model._as_matrix(model.weights())[1, 7].detach()
    assert one.count_nonzero() == number and one[source[7, 0]] == model.weight[1, 7, 0]
