"""Conditions from train samples, and what they are worth on validation samples of which few genes are shown.

Shapes: N samples, G genes, K factors, C labels.
"""

from __future__ import annotations

import logging
from types import ModuleType
from typing import NamedTuple

import numpy as np
import torch
from sklearn.covariance import LedoitWolf

from workflow_scripts.bulk import conditions as use
from workflow_scripts.bulk.base import Base
from workflow_scripts.bulk.stack import Stack
from workflow_scripts.contracts.conditions import Conditions

SHARES = (0.0, 0.01, 0.05, 0.3)  # of the measured genes of a sample that are shown, to measure by
SHOWN = 6  # the first number of a seed: which of the independent streams it is
log = logging.getLogger(__name__)


def fit_conditions(base: Base, coordinates: np.ndarray, labels: np.ndarray, run: str) -> Conditions:
    """The factors of train samples by label; nothing is measured yet.

    coordinates (N, K) float32: as of `stack.coordinates`, of factors that have not seen the sample; labels (N,) str, ""
    where unknown. The mean of each factor is drawn towards that of all samples as empirical Bayes has it (Efron and
    Morris 1973): times n B / (n B + W), with the n samples of the label, and the variances of the factor between labels
    (B) and within them (W). The covariance within is one for all labels: that of posterior means less those of their
    label, shrunk (Ledoit and Wolf 2004), plus the posterior covariance of a sample that measures every gene.
    """
    scores = coordinates / base.sizes.cpu().numpy()
    names = np.unique(labels[labels != ""])
    samples = np.array([(labels == name).sum() for name in names], np.int64)
    number, factors = samples.sum(), scores.shape[1]
    covariance, means = np.eye(factors), np.zeros((len(names), factors))
    if number > len(names):  # some label has two samples
        means = np.stack([scores[labels == name].mean(axis=0, dtype=float) for name in names])
        apart = np.concatenate([scores[labels == name] - mean for name, mean in zip(names, means, strict=True)])
        apart *= np.sqrt(number / (number - len(names)))
        covariance = LedoitWolf(assume_centered=True).fit(apart).covariance_ + _left(base)
        within = covariance.diagonal()
        between = samples @ np.square(means) / number - within * len(names) / number
        gained = samples[:, None] * np.maximum(between, 0)
        means *= gained / (gained + within)
    return Conditions(
        run=run,
        labels=names.astype(str),
        samples=samples,
        means=means.astype(np.float32),
        root=np.linalg.cholesky(covariance).astype(np.float32),
        spread=1.0,
        shares=np.empty(0),
        errors=np.empty((0, 3)),
    )


def _left(base: Base) -> np.ndarray:
    """The posterior covariance (K, K) of the factors of a sample that measures every known gene."""
    scaled = (use.loadings(base) * base.noise.rsqrt().unsqueeze(1))[base.known].double()
    return torch.linalg.inv(torch.eye(scaled.shape[1], device=scaled.device) + scaled.T @ scaled).cpu().numpy()


class Shown(NamedTuple):
    """Samples of which a share of the measured genes is shown."""

    visible: np.ndarray  # (N, G) bool
    hidden: np.ndarray  # (N, G) bool


def show(measured: np.ndarray, share: float, seed: int) -> Shown:
    """At random, whatever the share: what a smaller one shows a larger one does, too. measured (N, G) bool."""
    visible = measured & (np.random.default_rng([SHOWN, seed]).random(measured.shape) < share)
    return Shown(visible, measured & ~visible)


def others(labels: np.ndarray, names: np.ndarray, seed: int) -> np.ndarray:
    """For each of labels (N,) str another one of `names` (C,), at random; there are two at least."""
    places = np.searchsorted(names, labels)
    return names[(places + np.random.default_rng([SHOWN, seed]).integers(1, len(names), len(labels))) % len(names)]


def measure(
    family: ModuleType, model: Stack, conditions: Conditions, values: np.ndarray, labels: np.ndarray, seed: int
) -> Conditions:
    """`conditions` with errors and spread, of samples that it was not fitted to.

    values (N, G) ln(TPM+1), NaN where unmeasured; labels (N,) str. Where there are not two labels, or no sample has one
    of them, nothing is measured. The spread is the root of the mean squared error over the model's variance, of what
    was hidden, with and without their label.
    """
    names = conditions.labels
    known = np.isin(labels, names)
    if len(names) < 2 or not known.any():
        return conditions
    values, labels = values[known], labels[known]
    measured = np.isfinite(values) & model.base.known.cpu().numpy()
    given = [np.full(len(labels), None), labels, others(labels, names, seed)]
    errors, ratios = np.empty((len(SHARES), len(given))), np.empty((len(SHARES), len(given)))
    for row, share in enumerate(SHARES):
        visible, hidden = show(measured, share, seed)
        for column, of_samples in enumerate(given):
            said = use.Said(np.empty_like(values), np.empty_like(values))
            for label in dict.fromkeys(of_samples):
                rows = of_samples == label
                of_label = use.say(family, model, conditions, label, values[rows], visible[rows])
                said.mean[rows], said.sd[rows] = of_label
            missed = (said.mean - values)[hidden]
            errors[row, column] = np.square(missed, dtype=float).mean()
            ratios[row, column] = np.square(missed / said.sd[hidden], dtype=float).mean()
    log.info("squared errors by share shown: without condition, with the label, with another:\n%s", errors)
    log.info("and errors over the sd of the model:\n%s", np.sqrt(ratios))
    spread = float(np.sqrt(ratios[:, :2].mean()))
    return conditions._replace(spread=spread, shares=np.array(SHARES), errors=errors)
