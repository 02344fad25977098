"""Learn a circuit from its experiments: who regulates whom, and how levels move."""

from workflow_scripts.rule import run

from pathlib import Path

import numpy as np
import pandas as pd
import torch

from workflow_scripts.circuit import bundle, held_out, learning, training
from workflow_scripts.circuit.data import circuit
from workflow_scripts.contracts import candidates as candidates_table
from workflow_scripts.contracts import edges as edges_table
from workflow_scripts.contracts import experiments as contract
from workflow_scripts.contracts import history as history_table
from workflow_scripts.contracts import penalties
from workflow_scripts.training import resume

MANY_GENES = 500  # of fewer, threads wait for one another longer than they work


def train_circuit(
    *,
    experiments: Path,
    candidates: Path | None,
    model: Path,
    history: Path,
    selection: Path,
    edges: Path,
    spec: dict,
    policy: dict,
    code: str,
    threads: int,
    memory_mb: int,
) -> None:
    """Train one run (`spec`, of `circuit/runs`) on one circuit, and write its model, history, Penalties and Edges.

    The model and the history are those of the penalty whose members predict what they were not shown best; what its
    intervals are made of goes with it, see `calibration`. A killed
    training goes on from the folder `checkpoints` beside the model.
    """
    measured = contract.read(experiments)
    torch.set_num_threads(threads if measured.n_vars >= MANY_GENES else 1)
    given = [experiments] if candidates is None else [experiments, candidates]
    digest = resume.digest(spec, code, given)
    unfinished = {
        penalty: resume.Checkpoints(model.parent / "checkpoints", f"{digest}-{penalty:g}")
        for penalty in spec["penalties"]
    }
    learned = circuit(measured, None if candidates is None else candidates_table.read(candidates))
    trials = training.train(learned, spec, policy | {"memory": memory_mb << 20}, unfinished)
    best = trials[0]
    units = {name: str(measured.uns[name]) for name in ("unit", "time_unit")}
    known = bundle.Known(learned.genes, learned.compounds, **units)
    intervals = held_out.calibrations(best.model, learning.Material(learned, spec["members"], spec["seed"]))
    bundle.write(best.model, model, known, spec["seed"], intervals)
    tried = {
        "penalty": [trial.penalty for trial in trials],
        "held_out_error": [trial.error for trial in trials],
        "roll_out_error": [trial.over_time for trial in trials],
        "perturbation_error": [trial.at_rest for trial in trials],
        "chosen": [trial is best for trial in trials],
    }
    penalties.write(pd.DataFrame(tried), selection)
    found = bundle.edges(best.model)
    size, mean, share = np.abs(found.weights).mean(0), found.weights.mean(0), bundle.present(found.weights)
    edges_table.write(edges_table.of_list(found.source, found.target, size, learned.genes, mean, share), edges)
    history_table.write(best.history, history)
    for checkpoints in unfinished.values():
        checkpoints.remove()


if "snakemake" in globals():
    run(train_circuit, snakemake)  # noqa: F821
