"""What the label of a sample adds to what a few of its genes tell."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
import torch

from tests.bulk.conftest import filled_base
from workflow_scripts.bulk import conditioning, stack
from workflow_scripts.bulk.base import FOLDS, Base
from workflow_scripts.bulk.conditions import Prior, deviations, say, variances
from workflow_scripts.bulk.fitting import Learned, fit_base, hold_out
from workflow_scripts.bulk.stack import Stack
from workflow_scripts.contracts import conditions as contract
from workflow_scripts.contracts.conditions import Conditions
from workflow_scripts.io.arrays import write_arrays
from workflow_scripts.io.errors import BadInput

GENES, FACTORS, NOISE = 300, 6, 1.0
LABELS = np.array(["ant", "bee", "cat", "dog"])
BETWEEN = 1.2  # sd of a factor between labels; 1 within


class World(NamedTuple):
    """Samples of four labels, whose factors have other means."""

    model: Stack
    conditions: Conditions
    values: np.ndarray  # of held-out samples
    labels: np.ndarray
    scores: np.ndarray  # (labels, factors), planted
    loadings: np.ndarray


@pytest.fixture(scope="module")
def world() -> World:
    rng = np.random.default_rng(5)
    loadings, centres = 0.5 * rng.normal(size=(FACTORS, GENES)), BETWEEN * rng.normal(size=(len(LABELS), FACTORS))
    mean = rng.uniform(3, 8, GENES)

    def draw(number: int) -> tuple[np.ndarray, np.ndarray]:
        label = np.arange(number) % len(LABELS)
        scores = centres[label] + rng.normal(size=(number, FACTORS))
        return (mean + scores @ loadings + NOISE * rng.normal(size=(number, GENES))).astype(np.float32), LABELS[label]

    (train, of_train), (validation, of_validation), (held_out, labels) = draw(400), draw(60), draw(80)
    train[:, 0] = validation[:, 0] = np.nan
    statistics = pd.DataFrame({"mean": train.mean(axis=0), "sd": train.std(axis=0)})
    folds = np.arange(len(train)) % FOLDS
    settings = {"factors": [FACTORS], "kernel_samples": 100}
    base = fit_base(Learned(train, folds, validation), statistics, settings, seed=1)
    model = Stack(base, torch.nn.Identity())
    model.weights.copy_(torch.tensor([0.6, 0.4, 0.0]))
    model.penalty.fill_(0.3)
    hold_out(base, train, folds, seed=1)
    of_train = np.where(np.arange(len(train)) % 7 == 0, "", of_train)  # some are not known
    fitted = conditioning.fit_conditions(base, stack.coordinates(base, train, folds), of_train, "r")
    fitted = conditioning.measure(None, model, fitted, validation, of_validation, seed=1)
    return World(model, fitted, held_out, labels, centres, loadings)


def test_with_a_prior_the_posterior_is_that_of_the_gaussian() -> None:
    """Of all genes together: mean and covariance of hidden ones given visible ones (Bishop 2006, 2.81 and 2.82)."""
    base = filled_base(20, 3)
    rng = np.random.default_rng(0)
    root = np.tril(rng.normal(size=(3, 3))).astype(np.float32)
    mean = rng.normal(size=3).astype(np.float32)
    values = (base.mean.numpy() + rng.normal(size=(4, 20))).astype(np.float32)
    visible = rng.random((4, 20)) < 0.4
    visible[0] = False
    of = Prior(torch.from_numpy(mean), torch.from_numpy(root))
    arguments = torch.from_numpy(values), torch.from_numpy(visible)
    found = deviations(base, of, *arguments).numpy()
    spread = variances(base, of, arguments[1]).numpy()

    axes = (base.axes * base.sizes).numpy().astype(float)
    centre, within = axes @ mean, axes @ (root @ root.T) @ axes.T
    noise = np.diag(base.noise.numpy().astype(float))
    for row, seen in enumerate(visible):
        gain = within[:, seen] @ np.linalg.inv((within + noise)[np.ix_(seen, seen)])
        x = (values[row] - base.mean.numpy() - centre)[seen]
        np.testing.assert_allclose(found[row], centre + gain @ x, rtol=1e-4, atol=1e-4)
        left = within - gain @ within[seen] + noise
        np.testing.assert_allclose(spread[row], np.diag(left), rtol=1e-4)


def shown(world: World, share: float) -> np.ndarray:
    visible = np.random.default_rng(9).random(world.values.shape) < share
    visible[:, 0] = False
    return visible


def told(world: World, visible: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Predictions and their sds of the held-out samples, each with a label of its own."""
    mean, sd = np.empty_like(world.values), np.empty_like(world.values)
    for label in dict.fromkeys(labels):
        rows = labels == label
        mean[rows], sd[rows] = say(None, world.model, world.conditions, label, world.values[rows], visible[rows])
    return mean, sd


@pytest.mark.parametrize("share", [0.0, 0.01, 0.05])
def test_its_label_makes_a_sample_of_few_genes_better_known_and_another_does_not(world: World, share: float) -> None:
    visible = shown(world, share)
    wrong = np.roll(world.labels, 1)  # labels follow one another
    hidden = ~visible
    hidden[:, 0] = False
    alone, right, other = (
        np.square((told(world, visible, labels)[0] - world.values)[hidden]).mean()
        for labels in (np.full(len(world.labels), None), world.labels, wrong)
    )
    assert right < 0.97 * alone < 0.97 * other
    planted = world.scores[np.searchsorted(LABELS, world.labels)] - world.scores.mean(axis=0)
    between = np.square(planted @ world.loadings)[:, 1:].mean()
    if not share:  # nothing but the label is known, and it tells what there is between labels
        assert alone - right == pytest.approx(between, rel=0.15)


def test_what_is_measured_is_the_error_of_what_was_hidden_of_samples_of_known_labels(world: World) -> None:
    labels = np.where(np.arange(len(world.labels)) < 5, "eel", world.labels)
    found = conditioning.measure(None, world.model, world.conditions, world.values, labels, seed=8)
    measured = np.broadcast_to(np.arange(GENES) > 0, world.values[5:].shape)
    for share, errors in zip(found.shares, found.errors, strict=True):
        visible, hidden = (
            np.concatenate([np.zeros((5, GENES), bool), of]) for of in conditioning.show(measured, share, 8)
        )
        assert visible[5:, 1:].mean() == pytest.approx(share, abs=0.01) and not (visible & hidden).any()
        for given, error in zip((np.full(len(world.labels), None), world.labels), errors, strict=False):
            missed = (told(world, visible, given)[0] - world.values)[hidden]
            assert np.square(missed, dtype=float).mean() == pytest.approx(error, rel=1e-4)
        assert errors[2] > errors[0]


@pytest.mark.parametrize("share", [0.01, 0.3])
def test_an_sd_is_as_large_as_errors_of_held_out_samples_are(world: World, share: float) -> None:
    visible = shown(world, share)
    for labels in (np.full(len(world.labels), None), world.labels):
        mean, sd = told(world, visible, labels)
        away = ((mean - world.values) / sd)[:, 1:][~visible[:, 1:]]
        assert np.sqrt(np.square(away).mean()) == pytest.approx(1, abs=0.1)
        assert (np.abs(away) < 1.645).mean() == pytest.approx(0.9, abs=0.04)


def test_without_a_label_it_is_the_stack_to_the_bit(world: World) -> None:
    visible = shown(world, 0.1)
    found = say(None, world.model, world.conditions, None, world.values, visible).mean
    np.testing.assert_array_equal(found, stack.impute(None, world.model, world.values, visible))
    assert np.isnan(found[:, 0]).all()


def test_a_label_of_few_samples_is_drawn_towards_all_of_them() -> None:
    """By n B / (n B + W) of each factor; B and W as planted, which 2,000 samples of other labels tell."""
    rng = np.random.default_rng(2)
    base = Base(50, 2, 0)
    axes = np.linalg.qr(rng.normal(size=(50, 2)))[0]
    base.axes.copy_(torch.from_numpy(axes))
    base.sizes.copy_(torch.tensor([100.0, 100.0]))  # so large that a whole sample leaves nothing unknown of its factors
    between, within = np.array([2.0, 0.5]), np.array([0.5, 1.0])
    centres = np.sqrt(between) * rng.choice([-1, 1], size=(200, 2))
    samples = np.r_[np.full(199, 20), 1]
    label = np.repeat(np.arange(200), samples)
    scores = centres[label] + np.sqrt(within) * rng.normal(size=(len(label), 2))
    labels = np.array([f"L{number:03d}" for number in label])
    found = conditioning.fit_conditions(base, (100 * scores).astype(np.float32), labels, "r")
    assert found.samples.tolist() == samples.tolist()
    np.testing.assert_allclose((found.root @ found.root.T).diagonal(), within, rtol=0.1)
    for place in (0, 199):
        mean = scores[label == place].mean(axis=0)
        drawn = samples[place] * between / (samples[place] * between + within)
        np.testing.assert_allclose(found.means[place], mean * drawn, rtol=0.1)


def test_without_labels_there_are_no_conditions(world: World) -> None:
    base = world.model.base
    found = conditioning.fit_conditions(base, np.ones((9, FACTORS), np.float32), np.full(9, ""), "r")
    assert found.labels.tolist() == [] and found.means.shape == (0, FACTORS)
    assert conditioning.measure(None, world.model, found, world.values, world.labels, seed=1) is found


def test_conditions_of_another_version_are_one_clear_line(world: World, tmp_path: Path) -> None:
    write_arrays({"version": 2, **world.conditions._asdict()}, tmp_path / "conditions.npz")
    with pytest.raises(BadInput, match="version: is 2, and not 1. Export the run with this version"):
        contract.read(tmp_path / "conditions.npz")
