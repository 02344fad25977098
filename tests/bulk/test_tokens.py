"""What tokens are told of a value is what its formula says; of a gene, what the setting names and nothing else."""

from __future__ import annotations

import math
from types import ModuleType

import anndata
import numpy as np
import pandas as pd
import pytest
import torch

from tests.bulk import test_model, test_perceiver
from tests.bulk.conftest import filled_base
from workflow_scripts.bulk.base import Base
from workflow_scripts.bulk.models import perceiver, transformer
from workflow_scripts.bulk.models.tokens import (
    Identity,
    TokenConfig,
    ValueFeatures,
    interleaved_expression_embedding,
    rotary_expression_embedding,
)

GENES, WIDTH, MISSING = 300, 6, 2
FAMILIES = [(transformer, test_model.SETTINGS), (perceiver, test_perceiver.SETTINGS)]


def powers_of_ten(x: float, dim: int, scale: float, origin: int) -> np.ndarray:
    """x / 10^(scale * i / d) for i from `origin`: cosine and sine in turn."""
    angles = [x / 10 ** (scale * i / dim) for i in range(origin, dim // 2 + origin)]
    return np.array([of(angle) for angle in angles for of in (math.cos, math.sin)])


def test_ree_equals_its_formula() -> None:
    x, dim, base = 3.7, 8, 100.0
    found = rotary_expression_embedding(torch.tensor([x]), dim, base)[0]
    angles = [x / base ** (2 * k / dim) for k in range(dim // 2)]
    expected = [math.sin(a) for a in angles] + [math.cos(a) for a in angles]
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-5)


@pytest.mark.parametrize(("scale", "base"), [(4, 100.0), (3, 10**1.5)])
def test_interleaved_ree_equals_its_formula(scale: float, base: float) -> None:
    x = torch.tensor([[0.0, 5.2], [11.3, 0.4]])
    found = interleaved_expression_embedding(x, 16, base).numpy()
    assert found.shape == (2, 2, 16) and found.dtype == np.float32
    for place in np.ndindex(2, 2):
        np.testing.assert_allclose(found[place], powers_of_ten(float(x[place]), 16, scale, 1), rtol=1e-5, atol=1e-6)


def test_the_two_forms_are_one_but_for_the_order_of_channels_and_an_index_moved_by_one() -> None:
    """With a base of 100, a scale of 4: of the index from 0 the one, from 1 the other."""
    x, dim = 5.2, 16
    order = [*range(1, dim, 2), *range(0, dim, 2)]  # sines, then cosines
    one = rotary_expression_embedding(torch.tensor(x), dim, 100.0).numpy()
    other = interleaved_expression_embedding(torch.tensor(x), dim, 100.0).numpy()
    np.testing.assert_allclose(one, powers_of_ten(x, dim, 4, 0)[order], rtol=1e-5)
    moved = other[order].reshape(2, -1)
    np.testing.assert_allclose(moved[:, :-1], one.reshape(2, -1)[:, 1:], rtol=1e-5)
    smaller = rotary_expression_embedding(torch.tensor(x / 100 ** (2 / dim)), dim, 100.0).numpy()
    np.testing.assert_allclose(other[order], smaller, rtol=1e-5)


def test_a_bin_is_one_of_64_of_equal_width_from_0_to_14_and_values_beyond_are_in_the_outermost() -> None:
    values = np.array([-3.0, 0.0, 0.2187, 0.2188, 6.99, 7.01, 13.7, 13.9, 14.0, 99.0], np.float32)
    features = ValueFeatures("binned", 8, 100.0)
    found = features(torch.from_numpy(values), torch.full((10,), 5.0)).numpy()
    expected = np.clip(np.digitize(values, np.linspace(0, 14, 65)) - 1, 0, 63)
    assert found.shape == (10, features.number) == (10, 64)
    np.testing.assert_array_equal(found.argmax(1), expected)
    assert ((found != 0).sum(1) == 1).all()
    np.testing.assert_allclose(np.square(found).sum(1), 32, rtol=1e-6)


def test_a_standardized_value_is_in_bounded_sds_of_its_gene() -> None:
    base = filled_base(4, factors=2)
    base.sd[1] = 0
    values, genes = torch.tensor([[3.0, 2.0], [900.0, -2.0]]), torch.tensor([[2, 0], [3, 1]])
    mean, sd = base.mean.double().numpy(), np.maximum(base.sd.double().numpy(), 0.01)
    expected = np.clip((values.numpy() - mean[genes]) / sd[genes], -10, 10)
    np.testing.assert_allclose(base.standardized(values, genes).numpy(), expected, rtol=1e-5)
    assert ValueFeatures("scalar", 8, 100.0)(values, base.standardized(values, genes)).shape == (2, 2, 1)


def embedding(seed: int = 0) -> anndata.AnnData:
    """A GeneEmbedding in which one gene has no vector."""
    vectors = np.random.default_rng(seed).normal(3, 5, (GENES, WIDTH)).astype(np.float32)
    vectors[MISSING] = np.nan
    about = pd.DataFrame({"missing": np.arange(GENES) == MISSING}, index=[f"G{gene}" for gene in range(GENES)])
    return anndata.AnnData(vectors, about)


def identity(kind: str, loadings: bool = True, seed: int = 1, of: int = 0) -> Identity:
    torch.manual_seed(0)
    made = Identity(TokenConfig(GENES, WIDTH, 3, 8, kind, loadings, "ree", 100.0))
    made.learn(embedding(of), seed)
    return made


def vectors(kind: str, seed: int = 1) -> np.ndarray:
    """Of the genes that have one."""
    found = identity(kind, seed=seed).gene_vectors.numpy()
    assert not found[MISSING].any()
    return np.delete(found, MISSING, axis=0)


def test_shuffled_vectors_are_the_given_ones_each_at_another_gene() -> None:
    given, shuffled = vectors("given"), vectors("shuffled")
    assert not (given == shuffled).all(axis=1).any()
    np.testing.assert_array_equal(np.sort(given, axis=0), np.sort(shuffled, axis=0))
    assert len(np.unique(shuffled, axis=0)) == GENES - 1
    assert sorted(map(tuple, given)) == sorted(map(tuple, shuffled))


def test_random_vectors_are_standard_normal_and_tell_nothing_of_the_given_ones() -> None:
    found, given = vectors("random"), vectors("given")
    assert abs(found.mean()) < 0.1 and abs(found.std() - 1) < 0.05
    assert np.abs(np.corrcoef(found.T, given.T)[:WIDTH, WIDTH:]).max() < 0.25


@pytest.mark.parametrize("kind", ["shuffled", "random"])
def test_the_seed_of_a_run_fixes_its_shuffled_and_random_vectors(kind: str) -> None:
    np.testing.assert_array_equal(vectors(kind), vectors(kind))
    assert not np.array_equal(vectors(kind), vectors(kind, seed=2))


@torch.no_grad()
@pytest.mark.parametrize(
    ("kind", "read"), [("given", True), ("shuffled", True), ("random", False), ("learned", False), ("none", False)]
)
def test_the_given_vectors_are_read_where_the_setting_says_so(kind: str, read: bool) -> None:
    loadings = filled_base(GENES, factors=3).loadings
    one, other = (identity(kind, of=seed)(loadings) for seed in (0, 1))
    assert torch.equal(one, other) == (not read)
    assert one.shape == (GENES, 8) and torch.isfinite(one).all()


@torch.no_grad()
def test_without_vectors_the_loadings_alone_tell_genes_apart() -> None:
    loadings = filled_base(GENES, factors=3).loadings.clone()
    loadings[7] = loadings[4]
    found = identity("none")(loadings)
    assert torch.equal(found[7], found[4])
    assert len(found.unique(dim=0)) == GENES - 1
    assert len(identity("none", loadings=False)(loadings).unique(dim=0)) == 1


@torch.no_grad()
@pytest.mark.parametrize("kind", ["given", "learned"])
def test_without_loadings_the_vectors_alone_tell_genes_apart(kind: str) -> None:
    loadings = filled_base(GENES, factors=3).loadings
    for told in (True, False):
        one, other = (identity(kind, told)(of) for of in (loadings, 2 * loadings))
        assert torch.equal(one, other) == (not told)
        assert len(other.unique(dim=0)) == GENES


@pytest.mark.parametrize(("family", "settings"), FAMILIES)
@pytest.mark.parametrize("kind", ["shuffled", "random"])
def test_a_new_network_has_the_vectors_of_its_setting_and_seed(
    family: ModuleType, settings: dict[str, object], kind: str
) -> None:
    """In a perceiver identity and slope have the same ones."""
    base: Base = filled_base(GENES, factors=3)
    made = family.create({**settings, "gene_vectors": kind}, embedding(), base, None, 1, 50)
    found = [part.gene_vectors for name, part in made.named_children() if name in ("identity", "slope")]
    expected = identity(kind).gene_vectors
    assert len(found) == 1 + (family is perceiver) and all(torch.equal(of, expected) for of in found)
