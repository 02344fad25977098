"""The transformer sees what it may see, and nothing else."""

from __future__ import annotations

import copy
import dataclasses
import json

import anndata
import numpy as np
import pandas as pd
import pytest
import torch

from tests.bulk.conftest import OBJECTIVES, filled_base
from workflow_scripts.bulk.base import UNSEEN, Base
from workflow_scripts.bulk.data import Batch, draw
from workflow_scripts.bulk.models import transformer
from workflow_scripts.bulk.models.transformer import (
    Output,
    Transformer,
    TransformerConfig,
    create,
    embed,
    predict,
    restore,
)
from workflow_scripts.bulk.objectives import loss
from workflow_scripts.training.objective import Loss

GENES, SAMPLES = 12, 5
FOLDS = np.full(SAMPLES, UNSEEN)
SETTINGS = {
    "dim": 8, "layers": 2, "heads": 2, "dropout": 0.0, "attention": "full", "context": True,
    "gene_vectors": "given", "gene_loadings": True, "values": "ree", "ree_base": 100.0,
}  # fmt: skip
SIZE = {"genes": GENES, "gene_vector": 6, "factors": 3, "tokens": GENES}
VARIANTS = {
    "default": {},
    "linear": {"attention": "linear", "values": "binned", "gene_vectors": "learned"},
    "bare": {"context": False, "values": "scalar", "gene_vectors": "none", "gene_loadings": False},
    "linear, bare": {"attention": "linear", "context": False, "values": "ree_interleaved", "gene_loadings": False},
}


@pytest.fixture
def base() -> Base:
    return filled_base(GENES, factors=3)


def random_network(**settings: object) -> Transformer:
    """A network with random weights everywhere, also where training begins at zero."""
    torch.manual_seed(0)
    built = Transformer(TransformerConfig(**SIZE, **{**SETTINGS, **settings})).eval()
    with torch.no_grad():
        for parameter in built.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.5)
        if built.config.gene_vectors == "given":
            built.identity.gene_vectors.normal_()
            built.identity.has_vector[1:] = True
    return built


@pytest.fixture(params=VARIANTS)
def model(request: pytest.FixtureRequest) -> Transformer:
    return random_network(**VARIANTS[request.param])


@pytest.fixture
def values() -> torch.Tensor:
    return torch.rand((SAMPLES, GENES), generator=torch.Generator().manual_seed(1)) * 8


def everything(values: torch.Tensor) -> torch.Tensor:
    return torch.arange(GENES).expand(len(values), -1)


def say(
    model: Transformer,
    base: Base,
    values: torch.Tensor,
    visible: torch.Tensor,
    index: torch.Tensor | None = None,
    attended: torch.Tensor | None = None,
) -> Output:
    """The genes `index` of each sample, or all."""
    index = everything(values) if index is None else index
    identity = model.identity(base.loadings)
    return model(base, identity, base.factors(values, visible), values, visible, index, attended)


def of_batch(model: Transformer, base: Base, batch: Batch) -> Loss:
    return loss(transformer, model, base, batch, OBJECTIVES)


@torch.no_grad()
def test_a_masked_value_reaches_nothing(model: Transformer, base: Base, values: torch.Tensor) -> None:
    visible = torch.rand(values.shape, generator=torch.Generator().manual_seed(2)) > 0.4
    before = say(model, base, values, visible)
    for other in (1e3, -10.0, float("nan")):
        after = say(model, base, torch.where(visible, values, other), visible)
        assert torch.equal(before.prediction, after.prediction)
        assert torch.equal(before.states, after.states)


@torch.no_grad()
def test_a_visible_value_reaches_every_prediction(model: Transformer, base: Base, values: torch.Tensor) -> None:
    visible = torch.ones_like(values, dtype=torch.bool)
    changed = values.clone()
    changed[:, 3] += 2
    before, after = (say(model, base, x, visible) for x in (values, changed))
    assert ((before.prediction - after.prediction).abs() > 1e-6).all()
    assert ((before.states - after.states).abs().amax(-1) > 1e-6).all()


@torch.no_grad()
def test_an_unmeasured_gene_changes_no_other(model: Transformer, base: Base, values: torch.Tensor) -> None:
    """Whether its token is there or not: nothing attends to it, and the context is without it."""
    attended = torch.ones_like(values, dtype=torch.bool)
    attended[:, 5] = False
    with_it = say(model, base, values, attended, attended=attended).prediction
    others = torch.tensor([gene for gene in range(GENES) if gene != 5])
    without = say(model, base, values, attended, others.expand(SAMPLES, -1)).prediction
    torch.testing.assert_close(with_it[:, others], without)


def test_gradients_are_finite_with_unmeasured_genes_and_an_empty_sample(
    model: Transformer, base: Base, values: torch.Tensor
) -> None:
    given = values.numpy().copy()
    given[0, 3:] = np.nan
    given[1] = np.nan
    batch = draw(given, FOLDS, np.ones(GENES, bool), 0.5, GENES, np.random.default_rng(0))
    found = of_batch(model, base, batch)
    found.total.backward()
    assert 0 < found.count < SAMPLES * GENES
    assert all(torch.isfinite(p.grad).all() for p in model.parameters()), "each has one, which several devices need"


@torch.no_grad()
def test_the_states_of_a_batch_are_the_embedding_of_its_samples(
    model: Transformer, base: Base, values: torch.Tensor
) -> None:
    """With everything visible; and masked values reach neither them nor a prediction."""
    x = values.numpy().copy()
    x[0, :7] = np.nan
    batch = draw(x, FOLDS, np.ones(GENES, bool), 0.0, GENES, np.random.default_rng(0))
    np.testing.assert_allclose(transformer.forward(model, base, batch).states, embed(model, base, x), atol=1e-5)
    batch = draw(x, FOLDS, np.ones(GENES, bool), 0.5, GENES, np.random.default_rng(0))
    hidden = batch._replace(values=batch.values.masked_fill(batch.masked, 1e3), targets=torch.zeros(0))
    one, other = (transformer.forward(model, base, each) for each in (batch, hidden))
    assert one.states.equal(other.states) and one.values.equal(other.values)


@torch.no_grad()
def test_the_reported_loss_is_the_squared_error_of_masked_tokens(
    model: Transformer, base: Base, values: torch.Tensor
) -> None:
    batch = draw(values.numpy(), FOLDS, np.ones(GENES, bool), 0.5, 5, np.random.default_rng(0))
    error, count = 0.0, 0
    prediction = say(model, base, batch.values, batch.visible, batch.index).prediction
    for row in range(SAMPLES):
        for token, gene in enumerate(batch.index[row]):
            if batch.masked[row, gene]:
                error += float(prediction[row, token] - values[row, gene]) ** 2
                count += 1
    found = of_batch(model, base, batch)
    assert (float(found.total), found.count) == (pytest.approx(error, rel=1e-5), count)


def test_an_untrained_network_predicts_what_the_factors_do(base: Base, values: torch.Tensor) -> None:
    config = TransformerConfig(**SIZE, **SETTINGS)
    visible = torch.rand(values.shape, generator=torch.Generator().manual_seed(4)) > 0.3
    predicted = say(Transformer(config).eval(), base, values, visible).prediction
    torch.testing.assert_close(predicted, base.mean + base.factors(values, visible).deviation)


def test_a_train_sample_is_told_what_factors_say_that_have_not_seen_it(
    model: Transformer, base: Base, values: torch.Tensor
) -> None:
    """The loss of each sample is that with the loadings of its fold in the place of all."""
    base.held_out = torch.randn((2, GENES, 3), generator=torch.Generator().manual_seed(8))
    folds = np.array([0, 1, UNSEEN, 1, 0])
    batch = draw(values.numpy(), folds, np.ones(GENES, bool), 0.5, GENES, np.random.default_rng(0))
    total = 0.0
    for row, fold in enumerate(folds):
        alone = copy.deepcopy(base)
        if fold != UNSEEN:
            alone.loadings.copy_(base.held_out[fold])
        said = alone.factors(batch.values[[row]], batch.visible[[row]])
        output = model(
            base, model.identity(base.loadings), said, batch.values[[row]], batch.visible[[row]], batch.index[[row]]
        )
        error = output.prediction - batch.values[[row]].gather(1, batch.index[[row]])
        total += error[batch.masked[[row]].gather(1, batch.index[[row]])].square().sum().item()
    assert of_batch(model, base, batch).total.item() == pytest.approx(total, rel=1e-4)


def test_gene_vectors_are_standardized_over_the_genes_that_have_one(base: Base) -> None:
    """Each dimension by its own mean and sd; one that is the same in all genes tells nothing."""
    rng = np.random.default_rng(0)
    vectors = (rng.normal(size=(GENES, 3)) * [1, 50, 0] + [0, 300, 7]).astype(np.float32)
    vectors[2] = np.nan
    missing = np.arange(GENES) == 2
    genes = anndata.AnnData(vectors, obs=pd.DataFrame({"missing": missing}, index=[f"G{i}" for i in range(GENES)]))
    found = create(SETTINGS, genes, base, None, seed=0, tokens=GENES).identity.gene_vectors.numpy()
    np.testing.assert_allclose(found[~missing].mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(found[~missing].std(axis=0), [1, 1, 0], atol=1e-5)
    assert not found[2].any()
    assert np.corrcoef(found[~missing, 1], vectors[~missing, 1])[0, 1] > 0.999


@torch.no_grad()
@pytest.mark.parametrize(("sd", "unit"), [(0.5, 0.5), (0.0, 0.01)])
def test_the_residual_is_in_sds_of_its_gene(sd: float, unit: float, model: Transformer, base: Base) -> None:
    base.sd[:] = sd
    visible = torch.ones((1, GENES), dtype=torch.bool)
    model.head.weight.zero_()
    model.head.bias.fill_(1.0)
    centre = say(model, base, base.mean[None], visible).prediction - base.mean
    torch.testing.assert_close(centre, torch.full((1, GENES), unit))


@pytest.mark.parametrize("whole", [True, False])
def test_what_is_computed_of_a_sample_is_the_same_bits_whichever_are_beside_it(
    model: Transformer, base: Base, values: torch.Tensor, whole: bool
) -> None:
    x = np.tile(values.numpy(), (14, 1))
    if not whole:  # beside a sample without one of its genes
        x[::3, 4] = np.nan
    visible = np.random.default_rng(0).random(x.shape) > 0.3
    order = np.random.default_rng(1).permutation(len(x))
    imputed, embedded = predict(model, base, x, visible), embed(model, base, x)
    for chosen in ([0], [1], [7, 3], order[:11], order):
        np.testing.assert_array_equal(predict(model, base, x[chosen], visible[chosen]), imputed[chosen])
        np.testing.assert_array_equal(embed(model, base, x[chosen]), embedded[chosen])


def test_genes_in_several_passes_are_all_predicted(model: Transformer, base: Base, values: torch.Tensor) -> None:
    """And unknown ones are not."""
    small = Transformer(TransformerConfig(**{**vars(model.config), "tokens": 5}))
    small.load_state_dict(model.state_dict())
    base.known[4] = False
    predicted = predict(small.eval(), base, values.numpy(), np.ones(values.shape, bool))
    assert np.isnan(predicted[:, 4]).all()
    assert np.isfinite(np.delete(predicted, 4, axis=1)).all()


def test_an_embedding_ignores_unmeasured_genes(model: Transformer, base: Base, values: torch.Tensor) -> None:
    x = values.numpy().copy()
    x[:, 2] = np.nan
    found = embed(model, base, x)
    assert found.shape == (SAMPLES, 8)
    base.known[2] = False
    np.testing.assert_allclose(found, embed(model, base, values.numpy()), rtol=1e-4, atol=1e-5)


def test_an_embedding_is_the_mean_state_of_the_measured_genes_of_its_sample(
    model: Transformer, base: Base, values: torch.Tensor
) -> None:
    x = values.numpy().copy()
    x[0, :7] = np.nan
    found = embed(model, base, x)
    for row, sample in enumerate(x):
        measured = torch.from_numpy(np.isfinite(sample))[None]
        given = torch.from_numpy(np.nan_to_num(sample))[None]
        with torch.no_grad():
            states = say(model, base, given, measured, attended=measured).states[0]
        np.testing.assert_allclose(found[row], states[measured[0]].mean(0), rtol=1e-4, atol=1e-5)


def test_a_network_is_built_again_from_its_architecture(model: Transformer, base: Base, values: torch.Tensor) -> None:
    again = restore(json.loads(json.dumps(dataclasses.asdict(model.config))))
    again.load_state_dict(model.state_dict())
    everything = np.ones(values.shape, bool)
    predicted, found = (predict(network.eval(), base, values.numpy(), everything) for network in (model, again))
    np.testing.assert_array_equal(found, predicted)


@torch.no_grad()
@pytest.mark.parametrize("context", [True, False])
def test_without_context_the_factors_reach_no_token(context: bool, base: Base, values: torch.Tensor) -> None:
    network = random_network(context=context)
    visible = torch.ones_like(values, dtype=torch.bool)
    said = base.factors(values, visible)
    given = base, network.identity(base.loadings)
    rest = values, visible, everything(values)
    other = said._replace(coordinates=said.coordinates + 1)
    assert torch.equal(network(*given, said, *rest).states, network(*given, other, *rest).states) == (not context)


@torch.no_grad()
@pytest.mark.parametrize(("form", "same"), [("scalar", True), ("ree", False)])
def test_a_scalar_is_the_value_less_the_mean_of_its_gene_in_sds(
    form: str, same: bool, base: Base, values: torch.Tensor
) -> None:
    """Whatever the order of tokens."""
    network = random_network(values=form, context=False)
    visible = torch.ones_like(values, dtype=torch.bool)
    index = torch.randperm(GENES, generator=torch.Generator().manual_seed(5)).expand(SAMPLES, -1)
    before = say(network, base, values, visible, index).states
    moved = 3 * (values - base.mean) + base.mean + 2
    base.mean += 2
    base.sd *= 3
    after = say(network, base, moved, visible, index).states
    assert torch.allclose(before, after, atol=1e-4) == same
