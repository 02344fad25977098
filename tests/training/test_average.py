"""What is validated and kept is the average of the weights, whatever happens to the training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.training import tiny
from tests.training.processes import in_a_step, killed, on_two_ranks
from tests.training.test_loop import adamw, rates
from workflow_scripts.training.loop import fit
from workflow_scripts.training.resume import Checkpoints

BOTH = {"ema": 0.8, "accumulate": 2}  # of five batches an epoch the last makes a step alone


def averages(states: list[np.ndarray], decay: float) -> list[np.ndarray]:
    """After each step the mean of the weights so far, each worth `decay` of the next."""
    worth = [decay ** np.arange(step)[::-1] for step in range(1, len(states) + 1)]
    return [of @ np.array(states[: len(of)]) / of.sum() for of in worth]


def test_the_average_of_the_weights_is_validated_and_kept(tmp_path: Path) -> None:
    gradients = torch.tensor([[0.3, -0.2, 3.0, 0.0]]) * torch.tensor([[1.0], [0.1], [0.02], [2.0], [0.2]])
    model, task = tiny.slope(gradients, target=-100.0)  # each epoch is better than the last
    schedule = tiny.schedule(ema=0.9)
    before = model.w.detach().double().numpy().copy()
    history = fit(model, task, schedule, Checkpoints(tmp_path, "one"))
    states = adamw(before, gradients.double().numpy(), rates(schedule), schedule.weight_decay)
    kept = averages(states, 0.9)[tiny.STEPS - 1 :: tiny.STEPS]
    np.testing.assert_allclose(model.w.detach().numpy(), kept[-1], rtol=0, atol=1e-5)
    assert np.abs(kept[-1] - states[-1]).max() > 0.01
    losses = [row["validation_loss"] for row in history]
    np.testing.assert_allclose(losses, [abs(w[0] + 100) for w in [before, *kept]], rtol=0, atol=1e-4)


def test_the_average_of_the_best_epoch_remains(tmp_path: Path) -> None:
    gradient, schedule = torch.tensor([[-0.5, 0.1]]), tiny.schedule(weight_decay=0.0, ema=0.6)
    model, _ = tiny.slope(gradient, 0.0)
    states = adamw(model.w.detach().double().numpy().copy(), gradient.double().numpy(), rates(schedule), 0.0)
    kept = averages(states, 0.6)[tiny.STEPS - 1 :: tiny.STEPS]
    model, task = tiny.slope(gradient, target=float(kept[1][0]) + 0.001)
    history = fit(model, task, schedule, Checkpoints(tmp_path, "one"))
    assert np.argmin([row["validation_loss"] for row in history]) == 2
    np.testing.assert_allclose(model.w.detach().numpy(), kept[1], atol=1e-5)


def test_a_killed_training_goes_on_with_its_average_and_its_steps(tmp_path: Path) -> None:
    whole = tiny.train(tmp_path / "whole", 0.1, **BOTH)
    killed(tmp_path / "killed", 0.1, in_a_step, **BOTH)
    assert Checkpoints(tmp_path / "killed", "tiny").newest().name == "epoch-000002.pt"
    assert tiny.train(tmp_path / "killed", 0.1, **BOTH) == whole
    assert whole != tiny.train(tmp_path / "another", 0.1, **{**BOTH, "ema": 0.0})
    one, other = (
        Checkpoints(tmp_path / name, "tiny").load_checkpoint(tmp_path / name / "tiny/epoch-000005.pt")
        for name in ("whole", "killed")
    )
    for part in ("state_dict", "best"):
        assert all(torch.equal(tensor, other[part][name]) for name, tensor in one[part].items())
    assert one["average"]["steps"] == other["average"]["steps"] == 15
    weights = one["average"]["weights"]
    assert all(torch.equal(tensor, other["average"]["weights"][name]) for name, tensor in weights.items())


@pytest.fixture(scope="module")
def of_one() -> Any:
    """What one rank ends at, without dropout."""
    return lambda folder: tiny.train(folder, 0.0, **BOTH)


@pytest.mark.parametrize("strategy", ["ddp", "fsdp"])
def test_two_ranks_learn_what_one_does(tmp_path: Path, of_one: Any, strategy: str) -> None:
    zero, one = on_two_ranks(tmp_path, 0.0, strategy=strategy, **BOTH)
    assert zero == one
    alone = of_one(tmp_path / "alone")
    np.testing.assert_allclose(*(np.frombuffer(of[0], np.float32) for of in (zero, alone)), rtol=0, atol=1e-5)
    for row, of_alone in zip(zero[1], alone[1], strict=True):
        np.testing.assert_allclose(row, of_alone, rtol=1e-4)


@pytest.mark.parametrize("strategy", ["ddp", "fsdp"])
def test_two_killed_ranks_end_as_undisturbed_ones(tmp_path: Path, strategy: str) -> None:
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()
    whole = on_two_ranks(tmp_path / "whole", 0.1, strategy=strategy, **BOTH)
    assert whole[0] is not None
    assert on_two_ranks(tmp_path / "killed", 0.1, in_a_step, strategy=strategy, **BOTH) == [None, None]
    assert Checkpoints(tmp_path / "killed", "tiny").newest().name == "epoch-000002.pt"
    assert on_two_ranks(tmp_path / "killed", 0.1, strategy=strategy, **BOTH) == whole


@pytest.mark.parametrize(("first", "then"), [("ddp", "fsdp"), ("fsdp", "ddp")])
def test_a_training_goes_on_under_the_other_strategy(tmp_path: Path, first: str, then: str) -> None:
    """A checkpoint holds the weights, the moments and the average whole."""
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()
    whole, _ = on_two_ranks(tmp_path / "whole", 0.0, strategy=first, **BOTH)
    on_two_ranks(tmp_path / "killed", 0.0, in_a_step, strategy=first, **BOTH)
    ended, _ = on_two_ranks(tmp_path / "killed", 0.0, strategy=then, **BOTH)
    np.testing.assert_allclose(*(np.frombuffer(of[0], np.float32) for of in (ended, whole)), rtol=0, atol=1e-6)
    np.testing.assert_allclose(ended[1][-2], whole[1][-2], rtol=1e-5)
