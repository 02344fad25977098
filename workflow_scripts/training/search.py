"""What the next trial of a search tries, by Optuna's samplers.

Nothing here keeps a state: the settings of a trial are a function of the space, the seed, the number of the trial and
the trials that it learns from. So they do not depend on how many trials there are in all, nor on when each is run.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler, GridSampler, RandomSampler, TPESampler
from optuna.trial import TrialState, create_trial

optuna.logging.set_verbosity(optuna.logging.WARNING)


class Result(NamedTuple):
    """A trial that is done."""

    settings: dict[str, Any]
    value: float  # of the objective, which is to be great


def _grid(space: dict[str, dict[str, Any]], seed: int, number: int) -> BaseSampler:
    """All points of the choices, in an order that the seed shuffles."""
    return GridSampler({name: _choices(values) for name, values in space.items()}, seed)


def _random(space: dict[str, dict[str, Any]], seed: int, number: int) -> BaseSampler:
    return RandomSampler(_seed_of(seed, number))


def _optuna(space: dict[str, dict[str, Any]], seed: int, number: int) -> BaseSampler:
    """Tree-structured Parzen estimators (Bergstra et al. 2011); at random where there is no trial to learn from."""
    return TPESampler(n_startup_trials=1, seed=_seed_of(seed, number))


METHODS = {"optuna": _optuna, "random": _random, "grid": _grid}


def suggest(
    method: str, space: dict[str, dict[str, Any]], seed: int, number: int, earlier: list[Result]
) -> dict[str, Any]:
    """The settings of the trial `number`, from 1.

    space: {name: {"choices": [...]}, or {"low", "high", "log"}, of whole numbers or of floats}; earlier: the trials to
    learn from, of the same space. A grid has a point for as many trials as it has points, and no more.
    """
    distributions = {name: _distribution(space[name]) for name in sorted(space)}
    study = optuna.create_study(direction="maximize", sampler=METHODS[method](space, seed, number))
    for result in earlier:
        params = {name: _encoded(space[name], value) for name, value in result.settings.items()}
        study.add_trial(create_trial(params=params, distributions=distributions, value=result.value))
    while len(study.trials) < number - 1:  # the point of a grid follows the number of its trial
        study.add_trial(create_trial(state=TrialState.FAIL))
    found = study.ask(distributions).params
    return {name: json.loads(value) if "choices" in space[name] else value for name, value in found.items()}


def _distribution(values: dict[str, Any]) -> BaseDistribution:
    if "choices" in values:
        return CategoricalDistribution(_choices(values))
    of = IntDistribution if isinstance(values["low"], int) else FloatDistribution
    return of(values["low"], values["high"], log=values["log"])


def _choices(values: dict[str, Any]) -> list[str]:
    """Choices as JSON, as Optuna knows no lists."""
    return [json.dumps(choice) for choice in values["choices"]]


def _encoded(values: dict[str, Any], value: Any) -> Any:
    return json.dumps(value) if "choices" in values else value


def _seed_of(seed: int, number: int) -> int:
    """Another seed for each trial, that those suggested at once differ."""
    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
