"""Draw what imputation, and inference after it, make of a circuit of which levels are missing."""

from workflow_scripts.rule import run

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from workflow_scripts.contracts import metrics as metrics_table
from workflow_scripts.evaluation.metrics import entry, label_with_unit
from workflow_scripts.evaluation.models import BASELINES
from workflow_scripts.report.looks import line
from workflow_scripts.report.sources import honest_line
from workflow_scripts.report.style import legend_below, new_figure, save, say
from workflow_scripts.report.summary import write_merged

SHOWN = ("imputed_rmse", "aupr", "response_mse", "roll_out_rmse")
MOST_BASELINES = 4  # the best of them, of each panel
COLUMNS = ["metric", "model", "percent", "value", "ci_low", "ci_high", "n"]


def plot_missing(
    *, metrics: list[Path], imputed: list[Path], provenance: list[Path], figure: Path, table: Path
) -> None:
    """Metrics of runs on one network, whole and with levels missing, and of imputation, to one PNG and one TSV.

    Files stand in folders of the network, `planted`, and with the percent that is missing, `planted+10`. `provenance`
    of its tables says what is simulated.
    """
    tables = [metrics_table.read(path).assign(percent=_percent(path.parent.parent.name)) for path in metrics]
    tables += [metrics_table.read(path).assign(percent=_percent(path.parent.name)) for path in imputed]
    rows = pd.concat(tables)[COLUMNS].drop_duplicates(["metric", "model", "percent"])
    rows = rows.sort_values(["metric", "model", "percent"], ignore_index=True)
    write_merged(rows, table)
    save(missing_figure(rows), figure, honest_line(provenance))


def _percent(network: str) -> int:
    return int(network.partition("+")[2] or 0)


def missing_figure(rows: pd.DataFrame) -> Figure:
    """One panel a number: imputation itself, then what runs and the best baselines say of what is left."""
    metrics = [metric for metric in SHOWN if (rows["metric"] == metric).any()]
    figure = new_figure(4.6 * max(1, len(metrics)), 5.8)
    if not metrics:
        say(figure.subplots(), "nothing was scored")
        return figure
    for axis, metric in zip(figure.subplots(1, len(metrics), squeeze=False)[0], metrics, strict=True):
        draw_missing(axis, rows[rows["metric"] == metric])
    return figure


def draw_missing(axis: Axes, rows: pd.DataFrame) -> Axes:
    """One line a model over the percent that is missing; rows: those of one metric."""
    metric = rows["metric"].iloc[0]
    means = rows[rows["model"].isin(BASELINES)].groupby("model")["value"].mean()
    means = means.sort_values(ascending=not entry(metric).more_is_better)
    runs = [model for model in dict.fromkeys(rows["model"]) if model not in BASELINES]
    for place, model in [*enumerate(runs), *((0, name) for name in means.index[:MOST_BASELINES])]:
        of = rows[rows["model"] == model]
        axis.plot(of["percent"], of["value"], **line(model, place))
        if model not in BASELINES:
            axis.fill_between(of["percent"], of["ci_low"], of["ci_high"], alpha=0.15, lw=0)
    axis.set(xlabel="Levels taken out (%)", ylabel=label_with_unit(metric))
    legend_below(axis, 1)
    axis.grid(axis="y")
    return axis


if "snakemake" in globals():
    run(plot_missing, snakemake)  # noqa: F821
