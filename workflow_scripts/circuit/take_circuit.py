"""The trial that predicts best what was held out is the run; all trials in one table."""

from workflow_scripts.rule import run

import json
import logging
import shutil
from pathlib import Path

import pandas as pd

from workflow_scripts.circuit import trials
from workflow_scripts.contracts import edges as edges_table
from workflow_scripts.contracts import history as history_table
from workflow_scripts.contracts import penalties, trial_settings
from workflow_scripts.contracts import trials as trial_table
from workflow_scripts.io.files import replacing

log = logging.getLogger(__name__)


def take_circuit(
    *,
    suggested: list[Path],
    models: list[Path],
    histories: list[Path],
    selections: list[Path],
    ranked: list[Path],
    model: Path,
    history: Path,
    selection: Path,
    edges: Path,
    settings: Path,
    table: Path,
    spec: dict,
) -> None:
    """Write model, history, Penalties, Edges and TrialSettings of the best trial, and the Trials.

    suggested, models, histories, selections, ranked (Edges): of all trials, in the order of their numbers, from 1. That
    is the best whose error by `objective` of `spec` is least; the first of equals.
    """
    done = trials.read(suggested, selections)
    read = [history_table.read(path) for path in histories]
    order = sorted(range(len(done)), key=lambda place: -trials.value(done[place], spec["objective"]))
    rows = [
        {
            "trial": place + 1,
            "rank": rank,
            **done[place].errors,
            "epochs": int(read[place]["epoch"].iloc[-1]),
            "seconds": read[place]["seconds"].sum(),
            **{name: json.dumps(of) if isinstance(of, list) else of for name, of in done[place].settings.items()},
        }
        for rank, place in enumerate(order, start=1)
    ]
    best = order[0]
    log.info("trial %d of %d, by %s: %s", best + 1, len(done), spec["objective"], done[best].settings)
    with replacing(model) as temporary:
        shutil.copytree(models[best], temporary)
    history_table.write(read[best], history)
    penalties.write(penalties.read(selections[best]), selection)
    edges_table.write(edges_table.read(ranked[best]), edges)
    trial_settings.write(done[best].settings, settings)
    trial_table.write(pd.DataFrame(rows), table)


if "snakemake" in globals():
    run(take_circuit, snakemake)  # noqa: F821
