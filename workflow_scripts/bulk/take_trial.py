"""The best trial of a search on validation is the run; all trials in one table."""

from workflow_scripts.rule import run

import json
import logging
import shutil
from pathlib import Path

import pandas as pd

from workflow_scripts.bulk import trials
from workflow_scripts.contracts import history as history_table
from workflow_scripts.contracts import selection as selection_table
from workflow_scripts.contracts import separation as separation_table
from workflow_scripts.contracts import trial_settings
from workflow_scripts.contracts import trials as trial_table
from workflow_scripts.io.files import replacing

log = logging.getLogger(__name__)


def take_trial(
    *,
    suggested: list[Path],
    models: list[Path],
    histories: list[Path],
    selections: list[Path],
    separations: list[Path],
    model: Path,
    history: Path,
    selection: Path,
    separation: Path,
    settings: Path,
    table: Path,
    spec: dict,
) -> None:
    """Write model, history, Selection, Separation and TrialSettings of the best trial, and the Trials.

    suggested, models, histories, selections, separations: of all trials, in the order of their numbers, from 1. That is
    the best whose `objective` of `spec` is greatest; the first of equals.
    """
    done = trials.read(suggested, selections, separations)
    read = [history_table.read(path) for path in histories]
    order = sorted(range(len(done)), key=lambda place: -trials.value(done[place], spec["objective"]))
    rows = [
        {
            "trial": place + 1,
            "rank": rank,
            **{name: of(done[place]) for name, of in trials.OBJECTIVES.items()},
            "epochs": int(read[place]["epoch"].iloc[-1]),
            "seconds": read[place]["seconds"].sum(),
            **{name: _cell(value) for name, value in done[place].settings.items()},
        }
        for rank, place in enumerate(order, start=1)
    ]
    best = order[0]
    log.info("trial %d of %d, by %s: %s", best + 1, len(done), spec["objective"], done[best].settings)
    with replacing(model) as temporary:
        shutil.copytree(models[best], temporary)
    history_table.write(read[best], history)
    selection_table.write(done[best].selection, selection)
    separation_table.write(done[best].separation, separation)
    trial_settings.write(done[best].settings, settings)
    trial_table.write(pd.DataFrame(rows), table)


def _cell(value: object) -> object:
    """A value as a table holds it."""
    return json.dumps(value) if isinstance(value, list) else value


if "snakemake" in globals():
    run(take_trial, snakemake)  # noqa: F821
