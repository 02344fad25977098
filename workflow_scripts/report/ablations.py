"""What becomes of a run without one of its parts, or with another, over several seeds: the table, and its drawing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from workflow_scripts.contracts.variants import UNCHANGED, parse
from workflow_scripts.evaluation.comparisons import NUMBER, verdict
from workflow_scripts.evaluation.intervals import interval
from workflow_scripts.evaluation.metrics import entry, label
from workflow_scripts.evaluation.models import BASE
from workflow_scripts.report.style import BLUE, DARK_GREY, GREY, say, wrapped

WITHOUT = (
    "without_network"  # the change that an ablation has whose run stands on a base: the run as it is, less the network
)
ALONE = "network alone"
OF = ["change", "part", *NUMBER]
COLUMNS = [*OF, "seeds", "value", "sd", "difference", "difference_sd", "ci_low", "ci_high", "verdict"]


def of_variant(path: Path, replicates: pd.DataFrame) -> pd.DataFrame:
    """Replicates of one variant; a part is what its name has beyond that of the variant."""
    part = replicates["model"].str.removeprefix(path.parent.name)
    return replicates.assign(part=part, **parse(path.parent.name)._asdict())


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
