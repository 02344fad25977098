"""What is suggested: in its space, the same again, by earlier trials where a method learns, every point of a grid."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from workflow_scripts.training.search import METHODS, Result, suggest

SPACE = {
    "rate": {"low": 1e-4, "high": 1e-1, "log": True},
    "layers": {"low": 2, "high": 5, "log": False},
    "factors": {"choices": [[8], [8, 64], [256]]},
}
CHOICES = {"dim": {"choices": [32, 64, 128]}, "dropout": {"choices": [0.1, 0.5]}}
EARLIER = [
    Result({"rate": 10 ** -(1 + number % 4), "layers": 2 + number % 4, "factors": [8]}, -float(number))
    for number in range(6)
]


@pytest.mark.parametrize("method", ["optuna", "random"])
def test_a_suggestion_is_within_its_space_and_of_its_kind(method: str) -> None:
    found = [suggest(method, SPACE, 1, number, earlier) for number in range(1, 40) for earlier in ([], EARLIER)]
    assert all(type(each["rate"]) is float and 1e-4 <= each["rate"] <= 1e-1 for each in found)
    assert {each["layers"] for each in found} == {2, 3, 4, 5} and type(found[0]["layers"]) is int
    assert {tuple(each["factors"]) for each in found} == {(8,), (8, 64), (256,)}
    rates = [each["rate"] for each in found[::2]]  # of trials that learned from none
    assert 0.3 < np.mean(np.array(rates) < 10**-2.5) < 0.7, "half of them are below the middle of the logarithm"


@pytest.mark.parametrize("method", METHODS)
def test_the_same_is_suggested_again_and_something_else_by_another_seed(method: str) -> None:
    space = CHOICES if method == "grid" else SPACE
    first, again, other = ([suggest(method, space, seed, n, []) for n in range(1, 7)] for seed in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize("method", ["optuna", "random"])
def test_trials_that_are_suggested_at_once_differ(method: str) -> None:
    assert len({suggest(method, SPACE, 1, number, EARLIER[:1])["rate"] for number in range(1, 9)}) == 8


def test_a_grid_has_each_of_its_points_once_and_in_no_order() -> None:
    found = [tuple(suggest("grid", CHOICES, 1, number, [])[name] for name in CHOICES) for number in range(1, 7)]
    points = [*product([32, 64, 128], [0.1, 0.5])]
    assert sorted(found) == sorted(points) and found not in (points, points[::-1])


def test_a_point_of_a_grid_is_one_of_its_values_not_its_text() -> None:
    assert type(suggest("grid", CHOICES, 1, 1, [])["dim"]) is int


def test_optuna_learns_from_the_trials_before_and_random_does_not() -> None:
    """The value falls with the distance to 0.9: who learns goes there, who does not is 0.41 away on average."""
    space = {"x": {"low": 0.0, "high": 1.0, "log": False}}
    earlier = [Result({"x": x}, -abs(x - 0.9)) for x in np.linspace(0, 1, 21).tolist()]

    def away(method: str, earlier: list[Result]) -> float:
        return float(np.mean([abs(suggest(method, space, 1, n, earlier)["x"] - 0.9) for n in range(1, 41)]))

    assert away("optuna", earlier) < 0.2 < 0.3 < away("optuna", [])
    assert away("random", earlier) == away("random", [])
    worst = [Result(each.settings, -each.value) for each in earlier]
    assert away("optuna", worst) > 0.4, "a great value is a good one"
