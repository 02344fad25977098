"""Draw what becomes of a circuit without one of its parts, or with another, over seeds and networks."""

from workflow_scripts.rule import run

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from workflow_scripts.contracts.metrics import read_replicates
from workflow_scripts.contracts.variants import UNCHANGED
from workflow_scripts.evaluation.metrics import label
from workflow_scripts.report.ablations import ablation_table, draw_changes, of_variant
from workflow_scripts.report.sources import honest_line
from workflow_scripts.report.style import new_figure, save, say
from workflow_scripts.report.summary import write_merged

SHOWN = ("aupr", "response_mse", "roll_out_rmse")
ALL = "all networks"


def plot_circuit_ablation(*, scores: list[Path], provenance: list[Path], figure: Path, table: Path) -> None:
    """Replicates of all variants of one ablation, in folders of network and variant, to one PNG and one TSV.

    `provenance` of the tables of the networks says what is simulated.
    """
    found = pd.concat([_own(path) for path in scores], ignore_index=True)
    if found["dataset"].nunique() > 1:
        found = pd.concat([found, over_networks(found)], ignore_index=True)
    rows = ablation_table(found)
    write_merged(rows, table)
    save(circuit_ablation_figure(rows), figure, honest_line(provenance))


def _own(path: Path) -> pd.DataFrame:
    """What the scores say of the variant itself."""
    replicates = read_replicates(path)
    return of_variant(path, replicates[replicates["model"] == path.parent.name])


def over_networks(found: pd.DataFrame) -> pd.DataFrame:
    """The mean of every number over the networks that have it, two at least, as rows of the network `ALL`.

    Each network is resampled by itself, so that the mean of their resamples is one of the mean.
    """
    of = ["change", "part", "seed", "ablation", "split", "task", "level", "metric", "model"]
    rows = []
    for key, each in found.groupby(of, sort=False):
        if len(each) > 1:
            mean = {"value": each["value"].mean(), "replicates": sum(each["replicates"]) / len(each)}
            over = {"dataset": ALL, "groups": f"{len(each)} networks", "n": each["n"].sum()}
            rows.append({**dict(zip(of, key, strict=True)), **over, **mean})
    return pd.DataFrame(rows, columns=found.columns)


def circuit_ablation_figure(rows: pd.DataFrame) -> Figure:
    """One panel a number, of all networks where there are several; rows: the table."""
    datasets = rows["dataset"].unique()
    shown = rows[rows["dataset"] == (ALL if ALL in datasets else datasets[0])]
    metrics = [metric for metric in SHOWN if (shown["metric"] == metric).any()]
    changes = list(dict.fromkeys([UNCHANGED, *rows["change"]]))
    figure = new_figure(4.3 * max(1, len(metrics)) + 1.2, 1.6 + 0.42 * max(3, len(changes)))
    if not metrics:
        say(figure.subplots(), "no network tells what is true of it")
        return figure
    axes = figure.subplots(1, len(metrics), squeeze=False, sharey=True)[0]
    for axis, metric in zip(axes, metrics, strict=True):
        of = shown[shown["metric"] == metric].set_index("change")
        draw_changes(axis, of, changes).set_title(label(metric))
    return figure


if "snakemake" in globals():
    run(plot_circuit_ablation, snakemake)  # noqa: F821
