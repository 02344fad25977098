"""The settings of one trial of a search for a circuit, by the results of the trials before it."""

from workflow_scripts.rule import run

import logging
from pathlib import Path

from workflow_scripts.circuit import trials
from workflow_scripts.contracts import trial_settings
from workflow_scripts.training.search import Result, suggest

log = logging.getLogger(__name__)


def suggest_circuit(*, earlier: list[Path], selections: list[Path], settings: Path, spec: dict, trial: int) -> None:
    """Write the TrialSettings of the trial of this number, from 1.

    earlier, selections: of the trials to learn from, in one order; spec: method, seed and space of
    `circuit/runs/{run}/search`, and its objective where there are such trials.
    """
    done = trials.read(earlier, selections)
    results = [Result(each.settings, trials.value(each, spec["objective"])) for each in done]
    found = suggest(spec["method"], spec["space"], spec["seed"], trial, results)
    log.info("by %d trials before it: %s", len(results), found)
    trial_settings.write(found, settings)


if "snakemake" in globals():
    run(suggest_circuit, snakemake)  # noqa: F821
