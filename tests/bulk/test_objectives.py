"""What is minimised is what formulas say, and what is reported is the squared error of masked values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

from tests.bulk.conftest import OBJECTIVES, filled_base
from workflow_scripts.bulk import objectives
from workflow_scripts.bulk.base import UNSEEN
from workflow_scripts.bulk.data import Batch, draw
from workflow_scripts.bulk.objectives import Prediction

GENES, SAMPLES, TOKENS = 7, 4, 5
OTHERS = {"squared_error": 0.5, "weighting": "sd", "poisson": 0.2, "contrastive": 0.3, "temperature": 0.2}


@pytest.fixture
def batch() -> Batch:
    """Two views of samples, the last of which measures nothing, and so has nothing masked."""
    rng = np.random.default_rng(0)
    values = rng.uniform(0, 6, (SAMPLES, GENES)).astype(np.float32)
    values[0, 2] = values[3] = np.nan
    folds, known = np.full(SAMPLES, UNSEEN), np.ones(GENES, bool)
    clean, other = (draw(values, folds, known, 0.5, TOKENS, rng) for _ in range(2))
    return clean._replace(values=clean.values + 1, other=other)


class Told:
    """A family whose network says what it is told to of each view, and asks for nothing."""

    def __init__(self, batch: Batch, genes: bool = True, visible_weight: float = 0.0) -> None:
        generator = torch.Generator().manual_seed(1)
        self.views = {}
        for view in (batch, batch.other):
            index = view.index if genes else None
            said = 6 * torch.rand((SAMPLES, TOKENS if genes else GENES), generator=generator)
            states = torch.randn((SAMPLES, 3), generator=generator)
            self.views[id(view.masked)] = Prediction(said, index, states, visible_weight)

    def forward(self, network: nn.Module, base: Any, batch: Batch) -> Prediction:
        return self.views[id(batch.masked)]


def in_loops(states: list[np.ndarray], temperature: float) -> float:
    """NT-Xent of all views, by Chen et al. 2020: mean over 2 N of -ln of a share of a sum of exponentials."""
    views = [view / np.linalg.norm(view) for of_view in states for view in of_view]
    number, total = len(views) // 2, 0.0
    for one in range(2 * number):
        alike = {at: np.exp(views[one] @ views[at] / temperature) for at in range(2 * number) if at != one}
        total -= np.log(alike[(one + number) % (2 * number)] / sum(alike.values()))
    return total / (2 * number)


def test_the_poisson_loss_is_the_likelihood_of_reads_less_its_least() -> None:
    reads = np.array([1, 1, 2, 30, 500, 500])
    rate = np.array([0.3, 1, 7.5, 28, 410, 900])
    found = objectives.poisson(torch.from_numpy(np.log(rate)), torch.from_numpy(np.log(reads)))
    expected = stats.poisson.logpmf(reads, reads) - stats.poisson.logpmf(reads, rate)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)


def test_a_prediction_below_zero_has_a_poisson_loss_too() -> None:
    found = objectives.poisson(torch.tensor([-2.0, 0.0, 3.0]), torch.tensor([0.0, 0.0, 3.0]))
    np.testing.assert_allclose(found, [np.exp(-2) + 1, 0, 0], atol=1e-5)


@pytest.mark.parametrize("temperature", [0.1, 1.0])
def test_the_contrast_is_what_loops_find(temperature: float) -> None:
    states = torch.randn((6, 2, 4), generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    found = objectives.contrast(states, temperature).item() / 12
    assert found == pytest.approx(in_loops([*states.numpy().transpose(1, 0, 2)], temperature), rel=1e-5)
    alike = states[:, :1].expand(-1, 2, -1)
    assert objectives.contrast(alike, temperature) < objectives.contrast(states, temperature)


def test_of_one_sample_or_none_there_is_nothing_to_tell() -> None:
    for number in (0, 1):
        states = torch.ones((number, 2, 4), requires_grad=True)
        found = objectives.contrast(states, 0.1)
        found.backward()
        assert found.item() == pytest.approx(0, abs=1e-6) and torch.isfinite(states.grad).all()


@pytest.mark.parametrize("genes", [True, False], ids=["tokens", "all"])
@pytest.mark.parametrize("settings", [OBJECTIVES, OTHERS], ids=["default", "others"])
def test_a_step_minimises_the_means_at_their_weights_and_reports_the_squared_error(
    batch: Batch, genes: bool, settings: dict[str, Any]
) -> None:
    """Of clean targets, in loops; the sample that measures nothing stands in no contrast."""
    base = filled_base(GENES, factors=2)
    base.sd[1] = 0.0  # counts as 0.01
    family = Told(batch, genes, visible_weight=0.4)
    found = objectives.loss(family, nn.Identity(), base, batch, settings)
    said, sd = family.forward(None, None, batch), base.sd.clamp(min=0.01)
    squared: list[float] = []
    errors: dict[str, list[float]] = {"masked": [], "visible": []}
    for row in range(SAMPLES):
        for column, gene in enumerate(batch.index[row].tolist() if genes else range(GENES)):
            predicted, target = float(said.values[row, column]), float(batch.targets[row, gene])
            off = (predicted - target) / (float(sd[gene]) if settings["weighting"] == "sd" else 1)
            of_reads = np.exp(predicted) - np.exp(target) - np.exp(target) * (predicted - target)
            error = settings["squared_error"] * off**2 + settings["poisson"] * of_reads
            for name in errors:
                if getattr(batch, name)[row, gene]:
                    errors[name].append(error)
            if batch.masked[row, gene]:
                squared.append((predicted - target) ** 2)
    expected = np.mean(errors["masked"]) + 0.4 * np.mean(errors["visible"])
    if settings["contrastive"]:
        views = [family.forward(None, None, view).states[:3].numpy() for view in (batch, batch.other)]
        expected += settings["contrastive"] * in_loops(views, settings["temperature"])
    assert (found.total.item(), found.count) == (pytest.approx(sum(squared), rel=1e-5), len(squared))
    assert sum(float(term.total) / term.count for term in found.minimised) == pytest.approx(expected, rel=1e-5)


def test_validation_is_the_squared_error_whatever_is_minimised(batch: Batch) -> None:
    """And has no other view."""
    base, network = filled_base(GENES, factors=2), nn.Identity().eval()
    family = Told(batch, visible_weight=0.4)
    found, default = (
        objectives.loss(family, network, base, batch._replace(other=None), each) for each in (OTHERS, OBJECTIVES)
    )
    assert found.total.item() == default.total.item() > 0 and found.count == default.count
    assert found.terms == default.terms == ()


def test_in_units_of_their_sd_all_genes_count_alike() -> None:
    sd = torch.tensor([0.1, 1.0, 5.0])
    settings = OBJECTIVES | {"weighting": "sd"}
    found = objectives.errors(2 * sd, torch.zeros(3), sd, settings)
    torch.testing.assert_close(found, torch.full((3,), 4.0))


def test_a_sample_that_a_rank_only_looks_at_is_in_no_contrast(batch: Batch) -> None:
    """A rank that is left over looks at a sample of which nothing is masked (see `data.draw`)."""
    base, network = filled_base(GENES, factors=2), nn.Identity()
    family = Told(batch)
    spare = batch._replace(masked=torch.zeros_like(batch.masked))
    family.views[id(spare.masked)] = family.forward(None, None, batch)
    found = objectives.loss(family, network, base, spare, OTHERS)
    assert found.count == 0 and found.terms[-1].count == 0
