"""The perceiver sees what it may see, and says the whole profile."""

from __future__ import annotations

import dataclasses
import json

import anndata
import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

from tests.bulk.conftest import OBJECTIVES, filled_base
from workflow_scripts.bulk.base import UNSEEN, Base
from workflow_scripts.bulk.data import draw
from workflow_scripts.bulk.models import perceiver
from workflow_scripts.bulk.models.perceiver import (
    Perceiver,
    PerceiverConfig,
    Read,
    Tokens,
    create,
    embed,
    predict,
    restore,
)
from workflow_scripts.bulk.objectives import loss

GENES, SAMPLES = 12, 5
SETTINGS = {
    "dim": 8, "latents": 3, "blocks": 2, "heads": 2, "decoder": 10, "dropout": 0.0, "visible_weight": 0.1,
    "gene_vectors": "given", "gene_loadings": True, "values": "ree", "ree_base": 100.0,
}  # fmt: skip
VARIANTS = {
    "default": {},
    "learned": {"gene_vectors": "learned", "values": "binned"},
    "bare": {"gene_vectors": "none", "gene_loadings": False, "values": "scalar"},
    "interleaved": {"gene_loadings": False, "values": "ree_interleaved"},
}


@pytest.fixture
def base() -> Base:
    return filled_base(GENES, factors=3)


@pytest.fixture(params=VARIANTS)
def model(request: pytest.FixtureRequest) -> Perceiver:
    """A network with random weights everywhere, also where training begins at zero."""
    torch.manual_seed(0)
    settings = {**SETTINGS, **VARIANTS[request.param]}
    built = Perceiver(PerceiverConfig(genes=GENES, gene_vector=6, factors=3, **settings)).eval()
    with torch.no_grad():
        for parameter in built.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.3)
        for identity in (built.identity, built.slope):
            if identity.kind == "given":
                identity.gene_vectors.normal_()
                identity.has_vector[1:] = True
    return built


@pytest.fixture
def values() -> Tensor:
    return torch.rand((SAMPLES, GENES), generator=torch.Generator().manual_seed(1)) * 8


@torch.no_grad()
def test_reading_is_attention_to_the_sum_of_identity_slope_and_ree() -> None:
    """The tokens, which the layer never forms, are formed here, and attended to as usual."""
    torch.manual_seed(0)
    layer = Read(8, 2, 0.0).eval()
    tokens = Tokens(
        torch.randn(GENES, 8), torch.randn(GENES, 8), torch.randn(4, 8), torch.randn(SAMPLES, GENES),
        torch.randn(SAMPLES, GENES, 4), torch.rand(SAMPLES, GENES) > 0.4,
    )  # fmt: skip
    latents = torch.randn(SAMPLES, 3, 8)
    whole = tokens.identity + tokens.value.unsqueeze(-1) * tokens.slope + tokens.features @ tokens.direction
    query, keys, contents = layer.query(layer.norm(latents)), layer.key(whole), layer.content(whole)
    query, keys, contents = (of.unflatten(-1, (2, 4)).transpose(1, 2) for of in (query, keys, contents))
    found = torch.nn.functional.scaled_dot_product_attention(query, keys, contents, tokens.visible[:, None, None])
    expected = latents + layer.merge(found.transpose(1, 2).flatten(2))
    expected = expected + layer.feed_forward(expected)
    x = layer.among_norm(expected)
    expected = expected + layer.among(x, x, x)[0]
    expected = expected + layer.among_feed_forward(expected)
    torch.testing.assert_close(layer(latents, tokens), expected, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_a_masked_value_reaches_nothing(model: Perceiver, base: Base, values: Tensor) -> None:
    visible = torch.rand(values.shape, generator=torch.Generator().manual_seed(2)) > 0.4
    before = model(base, model.genes(base), values, visible)
    for other in (1e3, -10.0, float("nan")):
        after = model(base, model.genes(base), torch.where(visible, values, other), visible)
        assert torch.equal(before.prediction, after.prediction) and torch.equal(before.states, after.states)


@torch.no_grad()
def test_a_visible_value_reaches_every_prediction(model: Perceiver, base: Base, values: Tensor) -> None:
    visible = torch.ones_like(values, dtype=torch.bool)
    changed = values.clone()
    changed[:, 3] += 2
    before, after = (model(base, model.genes(base), x, visible).prediction for x in (values, changed))
    assert ((before - after).abs() > 1e-6).all()


@torch.no_grad()
def test_the_states_of_a_batch_are_the_embedding_of_its_samples(model: Perceiver, base: Base, values: Tensor) -> None:
    """With everything visible; and masked values reach neither them nor a prediction."""
    x = values.numpy().copy()
    x[0, :7] = np.nan
    given = x, np.full(SAMPLES, UNSEEN), np.ones(GENES, bool)
    batch = draw(*given, 0.0, 5, np.random.default_rng(0))
    np.testing.assert_allclose(perceiver.forward(model, base, batch).states, embed(model, base, x), atol=1e-5)
    batch = draw(*given, 0.5, 5, np.random.default_rng(0))
    hidden = batch._replace(values=batch.values.masked_fill(batch.masked, 1e3), targets=torch.zeros(0))
    one, other = (perceiver.forward(model, base, each) for each in (batch, hidden))
    assert one.states.equal(other.states) and one.values.equal(other.values)


@pytest.mark.parametrize("training", [True, False])
def test_the_loss_is_of_masked_values_and_in_training_of_visible_ones_at_their_weight(
    model: Perceiver, base: Base, values: Tensor, training: bool
) -> None:
    given = values.numpy().copy()
    given[0, 3:] = np.nan
    given[1] = np.nan
    batch = draw(given, np.full(SAMPLES, UNSEEN), np.ones(GENES, bool), 0.5, 5, np.random.default_rng(0))
    found = loss(perceiver, model.train(training), base, batch, OBJECTIVES)
    squared = (model(base, model.genes(base), batch.values, batch.visible).prediction - batch.values).square()
    masked = squared[batch.masked].mean()
    assert found.count == int(batch.masked.sum()) < SAMPLES * GENES
    assert (found.total / found.count).item() == pytest.approx(masked.item(), rel=1e-5)
    minimised = sum(term.total / term.count for term in found.minimised)
    expected = masked + (0.1 * squared[batch.visible].mean() if training else 0)
    assert minimised.item() == pytest.approx(expected.item(), rel=1e-5)
    minimised.backward()
    assert all(torch.isfinite(p.grad).all() for p in model.parameters()), "each has one, which several devices need"


def test_a_new_network_knows_its_genes_and_decodes_along_the_axes(base: Base) -> None:
    vectors = np.random.default_rng(0).normal(3, 5, (GENES, 6)).astype(np.float32)
    about = pd.DataFrame({"missing": np.arange(GENES) == 2}, index=[f"G{gene}" for gene in range(GENES)])
    made = create(SETTINGS, anndata.AnnData(vectors, obs=about), base, None, seed=0, tokens=4)
    torch.testing.assert_close(made.loadings.detach(), base.axes * base.sizes)
    for identity in (made.identity, made.slope):
        assert identity.has_vector.tolist() == [gene != 2 for gene in range(GENES)]
        np.testing.assert_allclose(identity.gene_vectors.numpy()[np.arange(GENES) != 2].mean(0), 0, atol=1e-5)
    assert perceiver.embed_genes(made, base).shape == (GENES, 8)


@pytest.mark.parametrize("whole", [True, False])
def test_what_is_computed_of_a_sample_is_the_same_bits_whichever_are_beside_it(
    model: Perceiver, base: Base, values: Tensor, whole: bool
) -> None:
    x = np.tile(values.numpy(), (14, 1))
    if not whole:
        x[::3, 4] = np.nan
    visible = np.random.default_rng(0).random(x.shape) > 0.3
    order = np.random.default_rng(1).permutation(len(x))
    predicted, embedded = predict(model, base, x, visible), embed(model, base, x)
    for chosen in ([0], [7, 3], order[:11], order):
        np.testing.assert_array_equal(predict(model, base, x[chosen], visible[chosen]), predicted[chosen])
        np.testing.assert_array_equal(embed(model, base, x[chosen]), embedded[chosen])


def test_unknown_genes_are_neither_read_nor_predicted(model: Perceiver, base: Base, values: Tensor) -> None:
    base.known[4] = False
    x = values.numpy().copy()
    everything = np.ones(x.shape, bool)
    predicted, embedded = predict(model, base, x, everything), embed(model, base, x)
    assert np.isnan(predicted[:, 4]).all() and np.isfinite(np.delete(predicted, 4, axis=1)).all()
    x[:, 4] = 99
    np.testing.assert_array_equal(predict(model, base, x, everything), predicted)
    np.testing.assert_array_equal(embed(model, base, x), embedded)
    with torch.no_grad():
        states = model(
            base, model.genes(base), values, torch.from_numpy(np.arange(GENES) != 4).expand(SAMPLES, -1)
        ).states
    np.testing.assert_allclose(embedded, states.mean(1), rtol=1e-4, atol=1e-5)


def test_a_network_is_built_again_from_its_architecture(model: Perceiver, base: Base, values: Tensor) -> None:
    again = restore(json.loads(json.dumps(dataclasses.asdict(model.config))))
    again.load_state_dict(model.state_dict())
    everything = np.ones(values.shape, bool)
    predicted, found = (predict(network.eval(), base, values.numpy(), everything) for network in (model, again))
    np.testing.assert_array_equal(found, predicted)
