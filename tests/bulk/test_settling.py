"""How much a run takes of each member, and what stands in its embedding, is chosen on validation alone."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, silhouette_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler
from torch import nn

from tests.bulk.conftest import filled_base
from workflow_scripts.bulk import stack
from workflow_scripts.bulk.fitting import Learned, hide
from workflow_scripts.bulk.settling import settle_embedding, settle_weights
from workflow_scripts.bulk.stack import Stack

GENES, SAMPLES, PENALTIES = 30, 40, [0.03, 3.0]
GROUPS = np.array([f"P{sample // 2}" for sample in range(SAMPLES)])


def saying(predict=None, embed=None) -> SimpleNamespace:
    """A family whose network says what it is told to."""
    return SimpleNamespace(predict=lambda network, base, *given: predict(*given), embed=lambda *given: embed(given[2]))


def made(samples: int = SAMPLES) -> tuple[Stack, np.ndarray]:
    """A model of made-up loadings, and samples that follow them, with noise."""
    torch.manual_seed(0)
    base = filled_base(GENES, factors=3)
    base.noise.fill_(0.3)
    base.sd.fill_(3)
    scores = torch.randn(samples, 3)
    values = base.mean + scores @ base.loadings.T + 0.55 * torch.randn(samples, GENES)
    return Stack(base, nn.Identity()), values.numpy()


def error(model: Stack, family: SimpleNamespace, values: np.ndarray) -> float:
    """Of the hidden values that weights are chosen by."""
    visible, hidden = hide(values, model.base.known.numpy(), 1)
    return float(np.square(stack.impute(family, model, values, visible) - values)[hidden].mean())


def test_a_network_that_knows_more_has_the_weight_that_is_best() -> None:
    model, values = made()
    noise = np.random.default_rng(0).normal(0, 0.3, values.shape).astype(np.float32)
    family = saying(lambda given, visible: values + noise)
    table = settle_weights(family, model, values, GROUPS, PENALTIES, 1).set_index("member")
    weights = model.weights.numpy().copy()
    assert weights.sum() == pytest.approx(1) and weights[2] > 0.5
    assert table["weight"].tolist() == pytest.approx([*weights, weights[:2].sum(), 1])
    assert table["squared_error"]["stack"] == pytest.approx(error(model, family, values), rel=1e-4)
    assert table["squared_error"]["stack"] < table["squared_error"][["base", "network"]].min()
    for other in np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0.5, 0, 0.5], weights + [0.05, 0, -0.05]]):
        model.weights.copy_(torch.from_numpy(other))
        assert error(model, family, values) >= table["squared_error"]["stack"] - 1e-6
    mean = float(np.square(model.base.mean.numpy() - values)[hide(values, np.ones(GENES, bool), 1)[1]].mean())
    np.testing.assert_allclose(table["skill"], 1 - table["squared_error"] / mean, rtol=1e-4)


@pytest.mark.parametrize("knows", [1, 20])
def test_a_network_that_helps_one_group_alone_has_no_part(knows: int) -> None:
    """What it gains is not above its spread over groups; where it helps all, it is."""
    model, values = made()
    shown = np.isin(GROUPS, np.unique(GROUPS)[:knows])[:, None]
    visible, _ = hide(values, np.ones(GENES, bool), 1)
    base = stack.say(saying(), model, "factors", values, visible, 1.0)
    family = saying(lambda given, visible: np.where(shown, values, base))
    settle_weights(family, model, values, GROUPS, PENALTIES, 1)
    assert (model.weights[2] > 0) == (knows > 1)


def test_a_network_that_says_what_the_factors_do_has_no_part() -> None:
    """To rounding, which all samples have and no spread covers."""
    model, values = made()
    visible, _ = hide(values, np.ones(GENES, bool), 1)
    factors = stack.say(saying(), model, "factors", values, visible, 1.0)
    family = saying(lambda given, visible: factors + 1e-6 * (values - factors))
    settle_weights(family, model, values, GROUPS, PENALTIES, 1)
    assert model.weights[2] == 0


def test_the_penalty_that_is_best_is_kept() -> None:
    model, values = made()
    model.base.samples.copy_(torch.from_numpy(values[:9]) - model.base.mean)
    model.base.loadings.zero_()  # so that samples alone tell anything
    errors = {}
    for penalties in ([0.03], [3.0], [0.03, 3.0], [3.0, 0.03]):
        table = settle_weights(saying(lambda given, visible: given * 0), model, values, GROUPS, penalties, 1)
        errors[tuple(penalties)] = table.set_index("member")["squared_error"]["stack"]
        assert model.weights[1] > 0
    assert errors[0.03, 3.0] == errors[3.0, 0.03] == min(errors[(0.03,)], errors[(3.0,)])
    assert errors[(0.03,)] != errors[(3.0,)]


def test_a_model_without_samples_has_no_kernel_ridge() -> None:
    base = filled_base(GENES, factors=3, samples=0)
    model, (_, values) = Stack(base, nn.Identity()), made()
    settle_weights(saying(lambda given, visible: given * 0), model, values, GROUPS, PENALTIES, 1)
    assert np.isfinite(stack.impute(saying(), model, values, values > 3)).all()
    assert model.weights[1] == 0


def test_hidden_values_reach_no_member() -> None:
    model, values = made()
    model.weights.copy_(torch.tensor([0.3, 0.3, 0.4]))
    family = saying(lambda given, visible: np.where(visible, given, 7))
    visible = np.random.default_rng(0).random(values.shape) > 0.4
    changed = np.where(visible, values, 99)
    np.testing.assert_array_equal(
        stack.impute(family, model, values, visible), stack.impute(family, model, changed, visible)
    )
    model.base.known[3] = False
    predicted = stack.impute(saying(lambda *_: np.where(np.arange(GENES) == 3, np.nan, values)), model, values, visible)
    assert np.isnan(predicted[:, 3]).all() and np.isfinite(np.delete(predicted, 3, axis=1)).all()


def test_what_is_computed_of_a_sample_is_the_same_bits_whichever_are_beside_it() -> None:
    model, values = made(150)
    model.weights.copy_(torch.tensor([0.5, 0.5, 0.0]))
    visible = np.random.default_rng(0).random(values.shape) > 0.3
    order = np.random.default_rng(1).permutation(len(values))
    imputed, embedded = stack.impute(saying(), model, values, visible), stack.coordinates(model.base, values)
    for chosen in ([0], [7, 3], order[:70]):
        np.testing.assert_array_equal(stack.impute(saying(), model, values[chosen], visible[chosen]), imputed[chosen])
        np.testing.assert_array_equal(stack.coordinates(model.base, values[chosen]), embedded[chosen])


@pytest.mark.parametrize("told", ["coordinates", "states"])
def test_what_tells_the_labels_of_validation_stands_in_the_embedding(told: str) -> None:
    model, values = made(80)
    label = np.arange(80) % 2
    clouds = (5 * label[:, None] + np.random.default_rng(0).normal(size=(80, 4))).astype(np.float32)
    noise = np.random.default_rng(1).normal(size=(80, 4)).astype(np.float32)
    if told == "coordinates":
        values = values + 9 * label[:, None].astype(np.float32) * model.base.axes[:, 0].numpy()
    states = {row.tobytes(): state for row, state in zip(values, clouds if told == "states" else noise, strict=True)}
    family = saying(embed=lambda given: np.array([states[row.tobytes()] for row in given]))
    model.base.held_out = model.base.loadings.expand(5, -1, -1).clone()
    learned = Learned(values[:50], np.arange(50) % 5, values[50:])
    labels = np.array(["a", "b"])[label]
    table = settle_embedding(family, model, learned, labels[:50], labels[50:])
    coordinates, of_states = model.kept.tolist()
    assert (of_states == 4) == (told == "states") and (told == "states" or coordinates == 3)
    found = stack.embed(family, model, values, np.r_[learned.folds, np.full(30, -1)])
    assert found.shape == (80, coordinates + of_states)
    (kept,) = table[table["kept"]].itertuples(index=False)
    assert kept[:2] == (coordinates, of_states)
    nearest = KNeighborsClassifier(5).fit(found[:50], labels[:50]).score(found[50:], labels[50:])
    scaled = StandardScaler().fit(found[:50])
    probe = LogisticRegression(C=0.01, max_iter=1000).fit(scaled.transform(found[:50]), labels[:50])
    f1 = f1_score(labels[50:], probe.predict(scaled.transform(found[50:])), average="weighted")
    separated = silhouette_score(found[50:], labels[50:])
    np.testing.assert_allclose(kept[2:6], [nearest, f1, separated, nearest + f1 + separated], rtol=1e-3)
    settle_embedding(family, model, learned, np.full(50, ""), np.full(30, ""))
    assert model.kept.tolist() == [3, 0], "all coordinates, where no label is known"


def test_both_parts_of_an_embedding_are_of_one_size() -> None:
    model, values = made(80)
    family = saying(embed=lambda given: 100 * given[:, :6] + 1000)
    model.base.held_out = model.base.loadings.expand(5, -1, -1).clone()
    learned = Learned(values[:50], np.arange(50) % 5, values[50:])
    settle_embedding(family, model, learned, np.full(50, ""), np.full(30, ""))
    model.kept.copy_(torch.tensor([3, 6]))
    train = stack.embed(family, model, values[:50], np.arange(50) % 5)
    sizes = [np.square(part - part.mean(0)).sum(1).mean() for part in (train[:, :3], train[:, 3:])]
    np.testing.assert_allclose(sizes, 1, rtol=1e-3)


def test_without_its_network_a_run_says_what_its_base_does() -> None:
    """The best that factors and kernel ridge make together, whatever part the network has in the run."""
    model, values = made()
    noise = np.random.default_rng(0).normal(0, 0.3, values.shape).astype(np.float32)
    family = saying(lambda given, visible: values + noise)
    table = settle_weights(family, model, values, GROUPS, PENALTIES, 1).set_index("member")
    visible, hidden = hide(values, model.base.known.numpy(), 1)
    members = stack.members(family, model)
    predicted = stack.mean_of(members, model.of_base, values, visible)
    factors, kernel_ridge, _ = (member(values, visible) for member in members)
    first, second, none = model.of_base.tolist()
    assert model.weights[2] > 0.5 and none == 0 and first + second == pytest.approx(1)
    np.testing.assert_allclose(predicted, first * factors + second * kernel_ridge, rtol=1e-5)
    squared = np.square(predicted - values)[hidden].mean()
    assert squared == pytest.approx(table["squared_error"]["base"], rel=1e-4)
    for share in np.linspace(0, 1, 21):
        other = np.square(share * factors + (1 - share) * kernel_ridge - values)[hidden].mean()
        assert squared <= other + 1e-6
    asked = []
    telling = [lambda *given, name=name: asked.append(name) or np.zeros((1, 1)) for name in stack.MEMBERS]
    stack.mean_of(telling, torch.tensor([0.5, 0.5, 0.0]), np.zeros((1, 1)), np.ones((1, 1), bool))
    assert asked == ["factors", "kernel_ridge"]
