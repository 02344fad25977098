"""The gated graph sends what it may send, and learns edges whose sign the context decides."""

from __future__ import annotations

from dataclasses import replace

import anndata
import numpy as np
import pytest
import torch
from torch import Tensor

from tests.bulk.conftest import OBJECTIVES, filled_base
from workflow_scripts.bulk.base import FOLDS, UNSEEN, Base
from workflow_scripts.bulk.data import Batch, draw
from workflow_scripts.bulk.fitting import Learned
from workflow_scripts.bulk.models import graph
from workflow_scripts.bulk.models.graph import Graph, GraphConfig, create, embed, predict
from workflow_scripts.bulk.objectives import loss

GENES, SAMPLES = 12, 5
SETTINGS = {"neighbours": 4, "contexts": 3, "axes": 2, "rounds": 2, "dropout": 0.0}


@pytest.fixture
def base() -> Base:
    base = filled_base(GENES, factors=3)
    base.held_out = base.loadings + 0.2 * torch.randn((FOLDS, GENES, 3), generator=torch.Generator().manual_seed(0))
    return base


@pytest.fixture
def model() -> Graph:
    """A network with random weights everywhere, also where training begins at zero."""
    torch.manual_seed(0)
    built = Graph(GraphConfig(genes=GENES, **SETTINGS)).eval()
    with torch.no_grad():
        for parameter in built.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.3)
        others = (torch.arange(GENES)[:, None] + torch.arange(1, 5)) % GENES
        built.neighbours.copy_(others)
        built.edges.copy_(torch.rand(others.shape) > 0.2)
    return built


@pytest.fixture
def values() -> Tensor:
    return torch.rand((SAMPLES, GENES), generator=torch.Generator().manual_seed(1)) * 8


@pytest.fixture
def visible() -> Tensor:
    return torch.rand((SAMPLES, GENES), generator=torch.Generator().manual_seed(2)) > 0.4


def say(model: Graph, base: Base, values: Tensor, visible: Tensor) -> Tensor:
    return model(base, base.factors(values, visible), values, visible)


@torch.no_grad()
def test_two_rounds_of_messages_are_what_they_are_said_to_be(
    model: Graph, base: Base, values: Tensor, visible: Tensor
) -> None:
    """Edge by edge, in plain Python."""
    said = base.factors(values, visible)
    found, contexts = model(base, said, values, visible), model.contexts(base, said)
    for sample in range(SAMPLES):
        logits = model.context.weight @ (said.coordinates[sample, :2] / base.sizes[:2]) + model.context.bias
        shares = logits.exp() / logits.exp().sum()
        sent = [0.0] * GENES
        for gene in range(GENES):
            if visible[sample, gene]:
                left = base.deviations(values, visible)[sample, gene] - said.deviation[sample, gene]
                sent[gene] = float(left / base.sd[gene])
        for _ in range(2):
            summed = [float(shares @ model.mean[:, gene]) for gene in range(GENES)]
            for gene in range(GENES):
                for place, other in enumerate(model.neighbours[gene].tolist()):
                    if model.edges[gene, place]:
                        weight = model.common[gene, place] + shares @ model.gated[:, gene, place]
                        summed[gene] += float(weight) * sent[other]
            sent = [sent[gene] if visible[sample, gene] else summed[gene] for gene in range(GENES)]
        expected = base.mean + said.deviation[sample] + base.sd * torch.tensor(summed)
        torch.testing.assert_close(found[sample], expected, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(contexts[sample], logits, rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_a_masked_value_reaches_nothing(model: Graph, base: Base, values: Tensor, visible: Tensor) -> None:
    before = say(model, base, values, visible)
    for other in (1e3, -10.0, float("nan")):
        assert torch.equal(before, say(model, base, torch.where(visible, values, other), visible))


@torch.no_grad()
def test_only_genes_with_an_edge_send(model: Graph, base: Base, values: Tensor, visible: Tensor) -> None:
    model.edges.zero_()
    model.mean.zero_()
    expected = base.mean + base.factors(values, visible).deviation
    torch.testing.assert_close(say(model, base, values, visible), expected)


def learned(base: Base, samples: int = 60) -> Learned:
    """Train samples in two clusters along the first axis, that touch."""
    generator = np.random.default_rng(0)
    cluster = np.where(np.arange(samples) % 2, 1.5, -1.5)
    x = base.mean.numpy() + cluster[:, None] * base.axes[:, 0].numpy() + generator.normal(size=(samples, GENES))
    return Learned(x.astype(np.float32), np.arange(samples) // 2 % FOLDS, x[:1].astype(np.float32))


def test_a_new_network_says_what_the_factors_say(base: Base, values: Tensor, visible: Tensor) -> None:
    network = create(SETTINGS, anndata.AnnData(shape=(GENES, 2)), base, learned(base), seed=1, tokens=4).eval()
    with torch.no_grad():
        expected = base.mean + base.factors(values, visible).deviation
        torch.testing.assert_close(say(network, base, values, visible), expected)
    assert not network.edges.all(), "noise has no edges, or few"


@torch.no_grad()
def test_contexts_begin_as_a_mixture_of_spherical_gaussians(base: Base) -> None:
    of = learned(base)
    settings = SETTINGS | {"contexts": 2}
    network = create(settings, anndata.AnnData(shape=(GENES, 2)), base, of, seed=1, tokens=4).eval()
    everything = torch.ones(of.train.shape, dtype=torch.bool)
    train = torch.from_numpy(of.train)
    said = base.factors_by_fold(train, everything, torch.from_numpy(of.folds))
    shares = network.contexts(base, said).softmax(-1)
    clusters = shares.argmax(1).numpy()
    points = (said.coordinates / base.sizes)[:, :2].numpy()
    centres = np.stack([points[clusters == cluster].mean(axis=0) for cluster in range(2)])
    variance = np.square(points - centres[clusters]).mean()
    density = np.exp(-np.square(points[:, None] - centres).sum(-1) / (2 * variance))
    expected = density / density.sum(1, keepdims=True)
    assert (np.abs(expected - 0.5) < 0.3).any()
    np.testing.assert_allclose(shares, expected, rtol=1e-2, atol=1e-3)


def test_numbers_that_are_too_large_are_cut(base: Base) -> None:
    settings = SETTINGS | {"neighbours": 500, "contexts": 70, "axes": 9}
    network = create(settings, anndata.AnnData(shape=(GENES, 2)), base, learned(base), seed=1, tokens=4)
    assert (network.config.neighbours, network.config.contexts, network.config.axes) == (GENES - 1, 60, 3)


@torch.no_grad()
def test_the_loss_is_of_masked_values_by_factors_that_have_not_seen_the_sample(
    model: Graph, base: Base, values: Tensor
) -> None:
    given, folds = values.numpy().copy(), np.array([0, UNSEEN, 2, 2, 4])
    given[0, :4] = np.nan
    batch = draw(given, folds, np.ones(GENES, bool), 0.5, 5, np.random.default_rng(0))
    total = 0.0
    for row, fold in enumerate(folds):
        one = batch.values[[row]], batch.visible[[row]]
        error = model(base, base.factors(*one, int(fold)), *one) - batch.values[[row]]
        total += float(error[batch.masked[[row]]].square().sum())
    found = loss(graph, model, base, batch, OBJECTIVES)
    assert found.count == int(batch.masked.sum()) and found.total.item() == pytest.approx(total, rel=1e-4)


def test_unknown_genes_are_neither_read_nor_predicted(model: Graph, base: Base, values: Tensor) -> None:
    base.known[4] = False
    x, everything = values.numpy().copy(), np.ones(values.shape, bool)
    predicted, embedded = predict(model, base, x, everything), embed(model, base, x)
    assert np.isnan(predicted[:, 4]).all() and np.isfinite(np.delete(predicted, 4, 1)).all()
    assert embedded.shape == (SAMPLES, 3)
    x[:, 4] = 100
    np.testing.assert_array_equal(predict(model, base, x, everything), predicted)
    np.testing.assert_array_equal(embed(model, base, x), embedded)


def test_a_sample_is_the_same_whichever_are_beside_it(model: Graph, base: Base, values: Tensor) -> None:
    x, shown = values.numpy(), np.random.default_rng(0).random(values.shape) > 0.3
    np.testing.assert_array_equal(predict(model, base, x[3:4], shown[3:4]), predict(model, base, x, shown)[3:4])


@pytest.mark.parametrize("contexts", [1, 2])
def test_edges_whose_sign_the_context_decides_are_learned_where_there_are_contexts(contexts: int) -> None:
    """Gene 1 is gene 0, or its opposite, by a context that the first axis tells; linear factors cannot say it."""
    generator = np.random.default_rng(0)
    base = filled_base(GENES, factors=1)
    base.mean.zero_()
    base.sd.fill_(1.0)
    base.noise.fill_(0.1)
    base.loadings.zero_()
    base.loadings[6:] = 1.0
    base.axes.copy_(base.loadings / 6**0.5)
    base.sizes.fill_(6**0.5)
    base.held_out = base.loadings.expand(FOLDS, -1, -1).clone()
    sign = generator.choice([-1, 1], 400)
    x = 0.3 * generator.normal(size=(400, GENES)).astype(np.float32)
    x[:, 6:] += sign[:, None]
    x[:, 0] = generator.normal(size=400)
    x[:, 1] += sign * x[:, 0]
    of = Learned(x, np.arange(400) % FOLDS, x[:1])
    settings = SETTINGS | {"contexts": contexts, "rounds": 1}
    network = create(settings, anndata.AnnData(shape=(GENES, 2)), base, of, seed=1, tokens=4)
    values, masked = torch.from_numpy(x), torch.zeros(x.shape, dtype=torch.bool)
    masked[:, 1] = True
    index, folds = torch.zeros((400, 1), dtype=torch.int64), torch.full((400,), UNSEEN)
    batch = Batch(values, ~masked, index, None, masked, folds, values)
    optimizer = torch.optim.Adam(network.parameters(), 0.05)
    for _ in range(60):
        found = loss(graph, network, base, batch, OBJECTIVES)
        optimizer.zero_grad()
        (found.total / found.count).backward()
        optimizer.step()
    assert ((found.total / found.count).item() < 0.2) == (contexts == 2)  # noise 0.09; without contexts about 1.1


def test_dropout_is_of_training_alone(model: Graph, base: Base, values: Tensor, visible: Tensor) -> None:
    model.config = replace(model.config, dropout=0.9)
    with torch.no_grad():
        assert torch.equal(say(model, base, values, visible), say(model, base, values, visible))
        assert not torch.equal(say(model.train(), base, values, visible), say(model, base, values, visible))
