"""The model sees what it may see, and nothing else."""

from __future__ import annotations

import math

import anndata
import numpy as np
import pandas as pd
import pytest
import torch

from workflow_scripts.bulk.data import draw
from workflow_scripts.bulk.models.transformer import (
    BulkConfig,
    BulkModel,
    create,
    embed,
    impute,
    loss,
    rotary_expression_embedding,
)

GENES, SAMPLES = 12, 5


@pytest.fixture
def model() -> BulkModel:
    """A model with random weights everywhere, also where training begins at zero."""
    torch.manual_seed(0)
    config = BulkConfig(
        genes=GENES, gene_vector=6, tokens=GENES, dim=8, layers=2, heads=2, factors=3, dropout=0.0, ree_base=100.0
    )
    built = BulkModel(config).eval()
    with torch.no_grad():
        for parameter in built.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.5)
        built.gene_vectors.normal_()
        built.has_vector[1:] = True
        built.mean.uniform_(1, 5)
        built.loadings.normal_()
    return built


@pytest.fixture
def values() -> torch.Tensor:
    return torch.rand((SAMPLES, GENES), generator=torch.Generator().manual_seed(1)) * 8


def everything(values: torch.Tensor) -> torch.Tensor:
    return torch.arange(GENES).expand(len(values), -1)


def test_ree_equals_its_formula() -> None:
    x, dim, base = 3.7, 8, 100.0
    found = rotary_expression_embedding(torch.tensor([x]), dim, base)[0]
    angles = [x / base ** (2 * k / dim) for k in range(dim // 2)]
    expected = [math.sin(a) for a in angles] + [math.cos(a) for a in angles]
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-5)


@pytest.mark.parametrize("scale, origin", [(4, 0)])
def test_ree_equals_the_form_with_powers_of_ten(scale: int, origin: int) -> None:
    """x / 10^(scale * i / d) for i from `origin`, cosine and sine in turn: the same numbers, in another order."""
    x, dim = 5.2, 16
    interleaved = []
    for i in range(origin, dim // 2 + origin):
        angle = x / 10 ** (scale * i / dim)
        interleaved += [math.cos(angle), math.sin(angle)]
    found = rotary_expression_embedding(torch.tensor(x), dim, 100.0).numpy()
    np.testing.assert_allclose(found, interleaved[1::2] + interleaved[0::2], rtol=1e-5)


@torch.no_grad()
def test_a_masked_value_reaches_nothing(model: BulkModel, values: torch.Tensor) -> None:
    visible = torch.rand(values.shape, generator=torch.Generator().manual_seed(2)) > 0.4
    before = model(values, visible, everything(values))
    for other in (1e3, -10.0, float("nan")):
        after = model(torch.where(visible, values, other), visible, everything(values))
        assert torch.equal(before.prediction, after.prediction)
        assert torch.equal(before.states, after.states)


@torch.no_grad()
def test_a_visible_value_reaches_every_prediction(model: BulkModel, values: torch.Tensor) -> None:
    visible = torch.ones_like(values, dtype=torch.bool)
    changed = values.clone()
    changed[:, 3] += 2
    before, after = (model(x, visible, everything(x)).prediction for x in (values, changed))
    assert ((before - after).abs() > 1e-6).all()


@torch.no_grad()
def test_an_unmeasured_gene_changes_no_other(model: BulkModel, values: torch.Tensor) -> None:
    """Whether its token is there or not: nothing attends to it, and the context is without it."""
    attended = torch.ones_like(values, dtype=torch.bool)
    attended[:, 5] = False
    with_it = model(values, attended, everything(values), attended).prediction
    others = torch.tensor([gene for gene in range(GENES) if gene != 5])
    without = model(values, attended, others.expand(SAMPLES, -1)).prediction
    torch.testing.assert_close(with_it[:, others], without)


def test_gradients_are_finite_with_unmeasured_genes_and_an_empty_sample(model: BulkModel, values: torch.Tensor) -> None:
    given = values.numpy().copy()
    given[0, 3:] = np.nan
    given[1] = np.nan
    batch = draw(given, np.ones(GENES, bool), 0.5, GENES, np.random.default_rng(0))
    found = loss(model, batch)
    found.total.backward()
    assert 0 < found.count < SAMPLES * GENES
    assert all(torch.isfinite(p.grad).all() for p in model.parameters() if p.grad is not None)


@torch.no_grad()
def test_the_reported_loss_is_the_squared_error_of_masked_tokens(model: BulkModel, values: torch.Tensor) -> None:
    batch = draw(values.numpy(), np.ones(GENES, bool), 0.5, 5, np.random.default_rng(0))
    error, count = 0.0, 0
    prediction = model(batch.values, batch.visible, batch.index).prediction
    for row in range(SAMPLES):
        for token, gene in enumerate(batch.index[row]):
            if batch.masked[row, gene]:
                error += float(prediction[row, token] - values[row, gene]) ** 2
                count += 1
    found = loss(model, batch)
    assert (float(found.total), found.count) == (pytest.approx(error, rel=1e-5), count)


def test_an_untrained_model_predicts_what_the_pca_imputer_does(values: torch.Tensor) -> None:
    """The same posterior, here for a batch and there for one sample after the other."""
    from workflow_scripts.evaluation.factors import fit
    from workflow_scripts.evaluation.imputers import pca_imputer

    mean = values.mean(0)
    (factors,) = fit((values - mean).numpy(), [3], seed=0)
    (imputer,) = pca_imputer(values.numpy(), mean.numpy(), {"pca_components": [3], "seed": 0}).values()
    fresh = BulkModel(BulkConfig(GENES, 6, GENES, 8, 2, 2, 3, 0.0, 100.0)).eval()
    fresh.mean.copy_(mean)
    fresh.loadings.copy_(torch.from_numpy(factors.loadings))
    fresh.noise.fill_(float(factors.noise[0]))
    visible = torch.rand(values.shape, generator=torch.Generator().manual_seed(4)) > 0.3
    predicted = fresh(values, visible, everything(values)).prediction.detach().numpy()
    np.testing.assert_allclose(predicted, imputer(values.numpy(), visible.numpy()), atol=1e-3)
    assert np.abs(predicted - mean.numpy()).max() > 0.5


def test_gene_vectors_are_standardized_over_the_genes_that_have_one() -> None:
    """Each dimension by its own mean and sd; one that is the same in all genes tells nothing."""
    rng = np.random.default_rng(0)
    vectors = (rng.normal(size=(GENES, 3)) * [1, 50, 0] + [0, 300, 7]).astype(np.float32)
    vectors[2] = np.nan
    missing = np.arange(GENES) == 2
    genes = anndata.AnnData(vectors, obs=pd.DataFrame({"missing": missing}, index=[f"G{i}" for i in range(GENES)]))
    statistics = pd.DataFrame({"mean": rng.uniform(2, 8, GENES), "sd": 1.0})
    references = rng.uniform(0, 9, (20, GENES)).astype(np.float32)
    settings = {"dim": 8, "layers": 1, "heads": 2, "factors": 3, "dropout": 0.0, "ree_base": 100.0}
    found = create(settings, genes, statistics, references, seed=0, tokens=GENES).gene_vectors.numpy()
    np.testing.assert_allclose(found[~missing].mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(found[~missing].std(axis=0), [1, 1, 0], atol=1e-5)
    assert not found[2].any()
    assert np.corrcoef(found[~missing, 1], vectors[~missing, 1])[0, 1] > 0.999


@torch.no_grad()
@pytest.mark.parametrize(("sd", "counted"), [(0.5, 5.0), (0.0, 0.1)])
def test_an_outlier_counts_as_ten_sds_of_its_gene(sd: float, counted: float, model: BulkModel) -> None:
    """And the sd of a gene that hardly varies as 0.01 ln(TPM+1): in the context, and as the unit of the residual."""
    model.sd[:] = sd
    visible = torch.ones((1, GENES), dtype=torch.bool)
    for sign in (1, -1):
        far, limit = (model.scores(model.mean[None] + sign * by, visible) for by in (1000.0, counted))
        torch.testing.assert_close(far, limit)
        assert not torch.allclose(limit, model.scores(model.mean[None] + sign * 0.9 * counted, visible))
    model.head.weight.zero_()
    model.head.bias.fill_(1.0)
    centre = model(model.mean[None], visible, everything(visible)).prediction - model.mean
    torch.testing.assert_close(centre, torch.full((1, GENES), counted / 10))


@torch.no_grad()
def test_scores_equal_the_posterior_mean_in_closed_form(model: BulkModel, values: torch.Tensor) -> None:
    visible = torch.rand(values.shape, generator=torch.Generator().manual_seed(3)) > 0.3
    found = model.scores(values, visible)[2]
    seen = visible[2]
    loadings, z = model.loadings[seen], (values[2] - model.mean)[seen]
    covariance = loadings @ loadings.T + model.noise * torch.eye(int(seen.sum()))
    torch.testing.assert_close(found, loadings.T @ torch.linalg.solve(covariance, z), atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("whole", [True, False])
def test_what_is_computed_of_a_sample_is_the_same_bits_whichever_are_beside_it(
    model: BulkModel, values: torch.Tensor, whole: bool
) -> None:
    x = np.tile(values.numpy(), (40, 1))
    if not whole:  # beside a sample without one of its genes
        x[::3, 4] = np.nan
    visible = np.random.default_rng(0).random(x.shape) > 0.3
    order = np.random.default_rng(1).permutation(len(x))
    imputed, embedded = impute(model, x, visible), embed(model, x)
    for chosen in ([0], [1], [7, 3], order[:11], order):
        np.testing.assert_array_equal(impute(model, x[chosen], visible[chosen]), imputed[chosen])
        np.testing.assert_array_equal(embed(model, x[chosen]), embedded[chosen])


def test_genes_in_several_passes_are_all_predicted(model: BulkModel, values: torch.Tensor) -> None:
    """And unknown ones are not."""
    small = BulkModel(BulkConfig(**{**vars(model.config), "tokens": 5}))
    small.load_state_dict(model.state_dict())
    small.known[4] = False
    predicted = impute(small.eval(), values.numpy(), np.ones(values.shape, bool))
    assert np.isnan(predicted[:, 4]).all()
    assert np.isfinite(np.delete(predicted, 4, axis=1)).all()


def test_an_embedding_ignores_unmeasured_genes(model: BulkModel, values: torch.Tensor) -> None:
    x = values.numpy().copy()
    x[:, 2] = np.nan
    found = embed(model, x)
    assert found.shape == (SAMPLES, 8 + 3)
    model.known[2] = False
    np.testing.assert_allclose(found, embed(model, values.numpy()), rtol=1e-4, atol=1e-5)


def test_an_embedding_is_the_mean_state_of_the_measured_genes_of_its_sample(
    model: BulkModel, values: torch.Tensor
) -> None:
    x = values.numpy().copy()
    x[0, :7] = np.nan
    found = embed(model, x)
    for row, sample in enumerate(x):
        measured = torch.from_numpy(np.isfinite(sample))[None]
        given = torch.from_numpy(np.nan_to_num(sample))[None]
        with torch.no_grad():
            states = model(given, measured, everything(given), measured).states[0]
        np.testing.assert_allclose(found[row, :8], states[measured[0]].mean(0), rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(found[row, 8:], model.scores(given, measured)[0].detach(), rtol=1e-4, atol=1e-5)
