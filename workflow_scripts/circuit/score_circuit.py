"""What a run says of a circuit beside what baselines say, held against what is known of it."""

from workflow_scripts.rule import run as run_door

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from workflow_scripts.circuit import bundle, responses
from workflow_scripts.circuit.data import Circuit, circuit, imputed
from workflow_scripts.circuit.response_baselines import RESPONSES, predict_responses
from workflow_scripts.circuit.roll_out_baselines import ROLL_OUTS, courses, predict_roll_outs
from workflow_scripts.contracts import comparisons as comparisons_table
from workflow_scripts.contracts import edge_truth
from workflow_scripts.contracts import edges as edges_table
from workflow_scripts.contracts import experiments as contract
from workflow_scripts.contracts import metrics as metrics_table
from workflow_scripts.contracts import responses as responses_table
from workflow_scripts.evaluation.comparisons import compare
from workflow_scripts.evaluation.edges import score_edges
from workflow_scripts.evaluation.responses import Interval, score_responses, score_roll_outs


def score_circuit(
    *,
    experiments: Path,
    model: Path,
    edges: Path,
    baselines: Path,
    truth: Path | None,
    outcomes: Path | None,
    predicted: Path | None,
    scores: Path,
    metrics: Path,
    comparisons: Path,
    spec: dict,
    network: str,
    run: str,
    threads: int,
) -> None:
    """Write Replicates and Metrics of the run and all baselines, and Comparisons of the run with each.

    Edges are scored against `truth`, and responses (`predicted`) against `outcomes`, where these are given; of time
    series what follows of a state when nothing unknown acts any more, each by what was not shown that series. The run
    also tells how much of both lies within its intervals, see `calibration`, and how wide these are; no baseline has
    any.
    """
    torch.set_num_threads(threads)
    measured = contract.read(experiments)
    trained, _, seed, _ = bundle.read(model, str(measured.uns["gene_order"]))
    known, _ = imputed(circuit(measured))
    sd = trained.sd.double().numpy()
    rows: list[dict[str, Any]] = []
    if truth is not None:
        ranked = {run: edges_table.read(edges), **edges_table.read_methods(baselines)}
        rows += score_edges(edge_truth.read(truth), ranked, spec, network)
    if outcomes is not None and predicted is not None:
        found = circuit(contract.read(outcomes, str(measured.uns["gene_order"])))
        own = responses_table.read(predicted, str(measured.uns["gene_order"]))
        levels, low, high = (np.asarray(of, float) for of in (own.X, own.layers["low"], own.layers["high"]))
        rows += _of_responses(known, found, {run: levels}, {run: Interval(low, high, sd)}, spec, network)
    if courses(known):
        followed = responses.rolled_out(trained, known, seed)
        intervals = [Interval(of.low, of.high, sd) for of in followed]
        rows += _of_roll_outs(known, {run: [of.levels for of in followed]}, {run: intervals}, spec, network)
    metrics_table.write_replicates(rows, scores)
    _write(rows, run, metrics, comparisons)


def _of_responses(
    known: Circuit,
    found: Circuit,
    own: dict[str, np.ndarray],
    intervals: dict[str, Interval],
    spec: dict[str, Any],
    network: str,
) -> list[dict[str, Any]]:
    names = ["+".join(map(str, done)) for done in found.perturbations]
    rules = {rule: predict_responses(rule, known, found.perturbations) for rule in RESPONSES}
    predicted = own | {rule: levels for rule, levels in rules.items() if levels is not None}
    perturbed = found.rates != 1
    return score_responses(found.levels, predicted, perturbed, known.reference(), names, spec, network, intervals)


def _of_roll_outs(
    known: Circuit,
    own: dict[str, list[np.ndarray]],
    intervals: dict[str, list[Interval]],
    spec: dict[str, Any],
    network: str,
) -> list[dict[str, Any]]:
    followed = courses(known)
    rules = {rule: predict_roll_outs(rule, known) for rule in ROLL_OUTS}
    predicted = own | {rule: levels for rule, levels in rules.items() if levels is not None}
    starts = known.levels[[rows[0] for rows in followed]]
    true = [known.levels[rows[1:]] for rows in followed]
    names = [f"course_{number}" for number in range(1, len(followed) + 1)]
    return score_roll_outs(true, predicted, starts, names, spec, network, intervals) if followed else []


def _write(rows: list[dict[str, Any]], run: str, metrics: Path, comparisons: Path) -> None:
    """Replicates of the run and of baselines as Metrics and Comparisons; there may be none."""
    table = pd.DataFrame(rows, columns=list(metrics_table.REPLICATES.columns))
    types = {"value": float, "ci_low": float, "ci_high": float, "n": "int64"}
    order = ["task", "dataset", "split", "level", "metric", "model"]
    numbers = table.astype(types)[list(metrics_table.SCHEMA.columns)].sort_values(order)
    metrics_table.write(numbers, metrics)
    own = table["model"] == run
    comparisons_table.write(compare(table[own], table[~own], metrics), comparisons)


if "snakemake" in globals():
    run_door(score_circuit, snakemake)  # noqa: F821
