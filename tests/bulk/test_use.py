"""What a trained run says of samples that it has never seen."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.covariance import LedoitWolf
from sklearn.linear_model import LogisticRegression

from workflow_scripts.bulk.base import Base
from workflow_scripts.bulk.calibration import fit_temperature, make_probe
from workflow_scripts.bulk.probe import read_embedding, softmax
from workflow_scripts.bulk.stack import Stack
from workflow_scripts.bulk.use import apply
from workflow_scripts.contracts.probe import Probe

DIMS = 5


def samples(number: int, classes: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings and labels: overlapping clouds, one a class."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, classes, number)
    centres = np.random.default_rng(99).normal(0, 2, (classes, DIMS))
    return (centres[label] + rng.normal(0, 1.5, (number, DIMS))).astype(np.float32), np.array(list("abcd"))[label]


def made(classes: int) -> tuple[Probe, LogisticRegression, np.ndarray, np.ndarray]:
    x, labels = samples(300, classes, 0)
    mean, scale = x.mean(0), x.std(0)
    classifier = LogisticRegression(C=100).fit((x - mean) / scale, labels)
    validation, truth = samples(200, classes, 1)
    return make_probe(classifier, mean, scale, x, validation, truth, "r"), classifier, x, validation


@pytest.mark.parametrize("classes", [2, 3])
def test_a_probe_predicts_what_its_classifier_does(classes: int) -> None:
    probe, classifier, x, _ = made(classes)
    new, _ = samples(500, classes, 2)
    found = read_embedding(probe, new)
    z = (new - probe.mean) / probe.scale
    np.testing.assert_array_equal(found.predicted, classifier.predict(z))
    uncalibrated = read_embedding(probe._replace(temperature=1.0), new).probability
    np.testing.assert_allclose(uncalibrated, classifier.predict_proba(z).max(axis=1), rtol=1e-5)
    distance = np.sqrt(LedoitWolf().fit((x - probe.mean) / probe.scale).mahalanobis(z))
    np.testing.assert_allclose(found.distance, distance, rtol=1e-4)


def test_a_temperature_makes_probabilities_true() -> None:
    """Classes are drawn by their probabilities; logits three times as large are too sure of themselves."""
    rng = np.random.default_rng(0)
    honest = rng.normal(0, 1.5, (20_000, 3))
    drawn = (softmax(honest).cumsum(axis=1) > rng.random((len(honest), 1))).argmax(axis=1)
    assert fit_temperature(honest, drawn) == pytest.approx(1, abs=0.05)
    assert fit_temperature(3 * honest, drawn) == pytest.approx(3, abs=0.15)


def test_calibration_is_of_validation_and_not_of_train() -> None:
    probe, classifier, x, validation = made(2)
    swapped = np.where(np.array([*"ab"])[np.newaxis] == classifier.predict(validation)[:, None], "b", "a")[:, 0]
    other = make_probe(classifier, probe.mean, probe.scale, x, validation, swapped, "r")
    assert other.temperature != probe.temperature
    unknown = make_probe(classifier, probe.mean, probe.scale, x, validation, np.full(len(validation), ""), "r")
    assert unknown.temperature == 1
    np.testing.assert_array_equal(unknown.distances, probe.distances)


def test_a_sample_far_off_and_one_that_measures_little_have_a_note() -> None:
    probe, _, _, validation = made(3)
    embeddings = np.array([probe.mean, probe.mean + 40 * probe.scale, probe.mean], np.float32)
    values = np.ones((3, 10), np.float32)
    values[2, :7] = np.nan
    known = np.arange(10) < 8  # of the genes that the model knows the last sample measures one of eight
    family = SimpleNamespace(
        embed=lambda network, base, x: embeddings,
        predict=lambda network, base, x, visible: np.full(x.shape, 7.0, np.float32),
    )
    base = Base(10, 2, 0)
    base.known.copy_(torch.from_numpy(known))
    model = Stack(base, torch.nn.Identity())
    model.weights.copy_(torch.tensor([0, 0, 1.0]))
    model.kept.copy_(torch.tensor([0, DIMS]))
    found = apply(family, model, probe, values)
    assert found.table["note"].tolist() == [
        "",
        "farther from the train samples than 99% of the validation samples",
        "measures 12% of the genes of the model",
    ]
    np.testing.assert_allclose(found.table["measured"], [1, 1, 1 / 8])
    near = found.table["beyond"][0]
    assert near < 0.1 and found.table["beyond"][1] == 1
    np.testing.assert_array_equal(found.imputed, np.where(np.isnan(values), 7, values))
    shares = read_embedding(probe, validation).beyond
    np.testing.assert_allclose(np.sort(shares), np.arange(len(shares)) / len(shares))


def test_a_probe_without_classes_says_none() -> None:
    x, _ = samples(50, 2, 0)
    probe = make_probe(None, x.mean(0), x.std(0), x, x[:20], np.full(20, ""), "r")
    found = read_embedding(probe, x[:4])
    assert found.predicted.tolist() == [""] * 4
    assert np.isnan(found.probability).all() and np.isfinite(found.distance).all()
    assert isinstance(pd.DataFrame({"predicted": found.predicted}).iloc[0, 0], str)
