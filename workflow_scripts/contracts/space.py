"""The space of a search, and a run with some settings laid over it.

A setting is called by its key path in the run: `training/learning_rate`. Of a completed configuration, each has
`choices`, a list, or a range from `low` to `high`, both within it. The standard library alone, since the checks of a
configuration need it.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from functools import reduce
from typing import Any


def laid_over(run: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    """A copy of a run (of `runs` of a stage) with other values of these settings, which it has."""
    run = copy.deepcopy(run)
    for path, value in settings.items():
        *sections, last = path.split("/")
        reduce(dict.__getitem__, sections, run)[last] = value
    return run


def ends(values: dict[str, Any]) -> list[Any]:
    """All choices of a setting, or the ends of its range."""
    return values["choices"] if "choices" in values else [values["low"], values["high"]]


def all_values(run: dict[str, Any], path: str) -> Sequence[Any]:
    """What a setting is in some trial of a run, or in its one training; of a range of floats, its ends."""
    values = run.get("search", {"space": {}})["space"].get(path)
    if values is None:
        return [reduce(dict.__getitem__, path.split("/"), run)]
    if "choices" not in values and isinstance(values["low"], int):
        return range(values["low"], values["high"] + 1)
    return ends(values)


def points(space: dict[str, dict[str, Any]]) -> int:
    """How many points a grid of choices has."""
    return math.prod(len(values["choices"]) for values in space.values())
