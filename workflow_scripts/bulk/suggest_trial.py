"""The settings of one trial of a search, by the results of the trials before it."""

from workflow_scripts.rule import run

import logging
from pathlib import Path

from workflow_scripts.bulk import trials
from workflow_scripts.contracts import trial_settings
from workflow_scripts.training.search import Result, suggest

log = logging.getLogger(__name__)


def suggest_trial(
    *, earlier: list[Path], selections: list[Path], separations: list[Path], settings: Path, spec: dict, trial: int
) -> None:
    """Write the TrialSettings of the trial of this number, from 1.

    earlier, selections, separations: of the trials to learn from, in one order; spec: method, seed and space of
    `bulk/runs/{run}/search`, and its objective where there are such trials.
    """
    done = trials.read(earlier, selections, separations)
    results = [Result(each.settings, trials.value(each, spec["objective"])) for each in done]
    found = suggest(spec["method"], spec["space"], spec["seed"], trial, results)
    log.info("by %d trials before it: %s", len(results), found)
    trial_settings.write(found, settings)


if "snakemake" in globals():
    run(suggest_trial, snakemake)  # noqa: F821
