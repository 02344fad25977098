"""Draw what becomes of a run without one of its parts, or with another, over several seeds; a figure and a table."""

from workflow_scripts.rule import run

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from workflow_scripts.contracts import selection as selection_table
from workflow_scripts.contracts.metrics import read_replicates
from workflow_scripts.contracts.variants import UNCHANGED, parse
from workflow_scripts.evaluation.comparisons import NUMBER, verdict
from workflow_scripts.evaluation.intervals import interval
from workflow_scripts.evaluation.metrics import CLASSES, HIDDEN, entry, label
from workflow_scripts.evaluation.models import BASE, PROBE
from workflow_scripts.report.scores import dataset_label, mask_ratio
from workflow_scripts.report.sources import honest_line
from workflow_scripts.report.style import BLUE, DARK_GREY, GREY, new_figure, save, say, wrapped
from workflow_scripts.report.summary import write_merged

WITHOUT = "without_network"  # the change that every ablation has: its run as it is, less the network
ALONE = "network alone"
OF = ["change", "part", *NUMBER]
COLUMNS = [*OF, "seeds", "value", "sd", "difference", "difference_sd", "ci_low", "ci_high", "verdict"]


def plot_ablation(
    *,
    scores: list[Path],
    selections: list[Path],
    embeddings: list[Path],
    provenance: list[Path],
    figure: Path,
    table: Path,
) -> None:
    """Replicates and Selections of all variants of one ablation, in folders of their names, to one PNG and one TSV.

    `embeddings` of genes and `provenance` of the data say what is simulated.
    """
    found = [_scores(path, read_replicates(path)) for path in scores]
    found += [_alone(path, selection_table.read(path)) for path in selections]
    rows = ablation_table(pd.concat(found, ignore_index=True))
    write_merged(rows, table)
    save(ablation_figure(rows), figure, honest_line(provenance, embeddings))


def _scores(path: Path, replicates: pd.DataFrame) -> pd.DataFrame:
    """Replicates of one variant; a part is what its name has beyond that of the variant."""
    part = replicates["model"].str.removeprefix(path.parent.name)
    return replicates.assign(part=part, **parse(path.parent.name)._asdict())


def _alone(path: Path, selection: pd.DataFrame) -> pd.DataFrame:
    """The skill of the network alone on validation, and its weight, as rows like those of scores."""
    of_network = selection.set_index("member").loc["network"]
    numbers = {"dataset": "all", "split": "validation", "task": HIDDEN, "level": "pooled"}
    rows = [{"metric": name, "value": of_network[name]} for name in ("skill", "weight")]
    return pd.DataFrame(rows).assign(
        part=ALONE, groups="", replicates=[np.empty(0)] * 2, **numbers, **parse(path.parent.name)._asdict()
    )


def ablation_table(found: pd.DataFrame) -> pd.DataFrame:
    """One row a change and number: its mean and standard deviation over seeds, and the same of its difference from the
    run as it is, seed by seed, with the 95 % interval of the mean difference over resamples of groups.

    found: Replicates with change, part and seed. `WITHOUT` is a change as well, of the run as it is.
    """
    base = (found["change"] == UNCHANGED) & (found["part"] == BASE)
    without = found[base].assign(change=WITHOUT, part="")
    found = pd.concat([found[found["part"] != BASE], without], ignore_index=True)
    number = ["part", *NUMBER, "groups", "seed"]
    as_it_is = found.loc[found["change"] == UNCHANGED, [*number, "value", "replicates"]]
    paired = found.merge(as_it_is, "left", number, suffixes=("", "_as_it_is"))
    rows = []
    for of, seeds in paired.groupby(OF, sort=False):
        values, differences = seeds["value"], seeds["value"] - seeds["value_as_it_is"]
        mean, (low, high) = differences.mean(skipna=False), (np.nan, np.nan)
        if np.isfinite(mean):
            low, high = interval(
                of[OF.index("level")], mean, (seeds["replicates"] - seeds["replicates_as_it_is"]).mean()
            )
        rows.append(
            {
                **dict(zip(OF, of, strict=True)),
                "seeds": len(seeds),
                "value": values.mean(skipna=False),
                "sd": values.std(ddof=1),
                "difference": mean,
                "difference_sd": differences.std(ddof=1),
                "ci_low": low,
                "ci_high": high,
                "verdict": _verdict(of, low, high),
            }
        )
    order = {change: place for place, change in enumerate(dict.fromkeys([UNCHANGED, WITHOUT, *found["change"]]))}
    keys = [*OF[1:], "change"]
    ordered = pd.DataFrame(rows, columns=COLUMNS).sort_values(
        keys, key=lambda column: column.map(order) if column.name == "change" else column
    )
    return ordered.reset_index(drop=True)


def _verdict(of: tuple[str, ...], low: float, high: float) -> str:
    """Of a change and number; empty for the run as it is, and for what has no direction."""
    place = dict(zip(OF, of, strict=True))
    if place["change"] == UNCHANGED or place["part"] == ALONE:
        return ""
    return verdict(low, high, entry(place["metric"]).more_is_better)


def ablation_figure(rows: pd.DataFrame) -> Figure:
    """One panel a number: the network alone, the run on hidden values, and the classifier on its embedding."""
    pooled = rows[rows["level"] == "pooled"]
    alone = pooled[(pooled["part"] == ALONE) & (pooled["metric"] == "skill")]
    panels = [("The network alone, validation", alone)]
    test = pooled[pooled["split"] == "test"]
    hidden = test[(test["part"] == "") & (test["task"] == HIDDEN) & (test["metric"] == "skill")]
    ratios = sorted(hidden["dataset"].unique(), key=lambda name: mask_ratio(name, "metrics"))
    for dataset in ratios[(len(ratios) - 1) // 2 :][:1]:
        panels.append((f"The run on test, {dataset_label(dataset)}", hidden[hidden["dataset"] == dataset]))
    of_classes = test[(test["part"] == PROBE) & (test["task"] == CLASSES) & (test["metric"] == "weighted_f1")]
    panels += [
        (f"Its embedding on test, {dataset_label(dataset)}", of) for dataset, of in of_classes.groupby("dataset")
    ]
    changes = list(dict.fromkeys(pooled["change"]))
    changes.sort(key=lambda name: [UNCHANGED, WITHOUT].index(name) if name in (UNCHANGED, WITHOUT) else 2)
    figure = new_figure(4.3 * len(panels) + 1.2, 1.6 + 0.42 * max(3, len(changes)))
    axes = figure.subplots(1, len(panels), squeeze=False, sharey=True)[0]
    for axis, (title, of) in zip(axes, panels, strict=True):
        draw_changes(axis, of.set_index("change"), changes).set_title(title)
    return figure


def draw_changes(axis: Axes, of: pd.DataFrame, changes: list[str]) -> Axes:
    """One row a change: its difference from the run as it is, with the 95 % interval (broad), where there is one, and
    the standard deviation over seeds (thin); of: rows of the table by change."""
    known = [change for change in changes if change in of.index and np.isfinite(of.loc[change, "difference"])]
    if not known:
        say(axis, "no number")
        return axis
    axis.axvline(0, color=GREY, lw=1, zorder=0)
    for change in known:
        row, height = of.loc[change], changes.index(change)
        colour = DARK_GREY if change in (UNCHANGED, WITHOUT) else BLUE
        if np.isfinite(row["ci_low"]) and change != UNCHANGED:
            ends = [row["ci_low"], row["ci_high"]]
            axis.plot(ends, [height] * 2, color=colour, lw=6, alpha=0.3, solid_capstyle="butt")
        spread = row["difference_sd"] if np.isfinite(row["difference_sd"]) else None
        axis.errorbar(row["difference"], height, xerr=spread, color=colour, marker="o", ms=6, capsize=3, lw=1.4)
    axis.set_yticks(range(len(changes)), [wrapped(change.replace("_", " ")) for change in changes])
    axis.set_ylim(len(changes) - 0.5, -0.5)
    axis.xaxis.set_major_locator(MaxNLocator(4))
    axis.set_xlabel(f"{label(of['metric'].iloc[0])}, less {of.loc[UNCHANGED, 'value']:.3f} of the run as it is")
    axis.grid(axis="x")
    return axis


if "snakemake" in globals():
    run(plot_ablation, snakemake)  # noqa: F821
