"""A section `search` of a run, of whatever stage: how many trials it has, what each learns from, what it may try."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from workflow_scripts.contracts.space import ends, laid_over, points
from workflow_scripts.settings.schema import changes_results, complete, leaves
from workflow_scripts.settings.settings import Fault, canonical
from workflow_scripts.settings.validation import validate

MOST_TRIALS = 999  # whose numbers have three digits


def searchable(run: dict[str, Any], keys: Collection[str], schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """{key path: its schema} of all that a search may try of these keys of a run, which is completed; schema: its."""
    found = leaves({name: run[name] for name in keys}, schema)
    return {path: of for path, _, of in found if changes_results(of)}


def complete_search(search: dict[str, Any], known: dict[str, dict[str, Any]]) -> None:
    """Read its values as those of the settings that they are of: a float stays one, in text (1e-3) too."""
    for path, values in search["space"].items():
        schema = known.get(path, {})
        if "choices" in values:
            values["choices"] = [complete(choice, schema) for choice in values["choices"]]
        elif schema.get("type") == "number":
            values |= {end: float(values[end]) for end in ("low", "high") if end in values}


def suggested_by(search: dict[str, Any], trial: str) -> str:
    """What the settings of one trial follow from, as canonical JSON.

    That is neither the number of trials, nor the objective where there is no trial to learn from.
    """
    keys = ["method", "seed", "space", *(["objective"] if before(search, trial) else [])]
    return canonical({key: search[key] for key in keys})


def before(search: dict[str, Any], trial: str) -> int:
    """How many trials come before the wave of a trial; of methods that learn from none, 0."""
    return (int(trial) - 1) // search["at_once"] * search["at_once"] if search["method"] == "optuna" else 0


def number_of_trials(search: dict[str, Any]) -> int:
    """How many there are: of a grid, no more than its points."""
    if search["method"] == "grid":
        return min(search["trials"] or MOST_TRIALS, points(search["space"]))
    return search["trials"]


def of_trials(files: tuple[str, ...], wildcards: Any, number: int) -> list[str]:
    """`files` of the first `number` trials of a run."""
    names = [f"{trial:03d}" for trial in range(1, number + 1)]
    return [file.format(**{**dict(wildcards.items()), "trial": name}) for file in files for name in names]


def faults_of_search(
    place: str, run: dict[str, Any], known: dict[str, dict[str, Any]], schema: dict[str, Any]
) -> Iterator[Fault]:
    """Of the section `search` of a run at `place`, and of each value that it may try.

    known: see `searchable`; schema: of the run, which is completed.
    """
    search, own = run["search"], {key: value for key, value in run.items() if key != "search"}
    for path, values in search["space"].items():
        here, given = f"{place}/search/space/{path}", ", ".join(sorted(values.keys() - {"log"})) or "none"
        if path not in known:
            yield f"{place}/search/space", repr(path), f"one of {', '.join(known)}"
        if given not in ("choices", "high, low"):
            yield here, given, "`choices`, or `low` and `high`"
        if given == "choices" and values["log"]:
            yield here, "log with choices", "`log` with `low` and `high`"
        if given == "high, low" and search["method"] == "grid":
            yield here, "low and high", "`choices`, of which a grid has its points"
        if given == "high, low" and known[path].get("type") not in ("integer", "number"):
            yield here, "low and high", "`choices`, as it is no number"
        if given == "high, low" and not values["low"] < values["high"]:
            yield f"{here}/low", str(values["low"]), f"less than high, {values['high']}"
        if given == "high, low" and values["log"] and values["low"] <= 0:
            yield f"{here}/low", str(values["low"]), "more than 0, as `log` is set"
        for value in ends(values):
            validate(laid_over(own, {path: value}), schema, f"configuration: {here}")
    if search["trials"] is None and search["method"] != "grid":
        yield f"{place}/search/trials", "none", f"a number, as {search['method']} has no last one"
