"""Counts and panels of what prebulk kept and dropped: samples by fate, split and label, source genes by fate."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from workflow_scripts.contracts.samples import KEPT
from workflow_scripts.report import style

SPLITS = {"train": style.SKY, "validation": style.ORANGE, "test": style.BLACK}
MOST_LABELS = 20  # bars in the figure


def count(frame: pd.DataFrame, rows: str, columns: str, weight: str | None = None) -> pd.DataFrame:
    """Table of counts (int64): `rows` down in order of name, `columns` across, the most frequent first.

    `weight` names a column to add up in place of counting rows. `kept` always stands first.
    """
    table = frame.pivot_table(
        index=rows, columns=columns, values=weight, aggfunc="sum" if weight else "size", fill_value=0, observed=True
    )
    order = sorted(table.columns, key=lambda name: (name != KEPT, -table[name].sum(), name))
    return table[order].astype("int64")


def draw_shares(axis: Axes, table: pd.DataFrame, colours: dict[str, str], unit: str) -> Axes:
    """One bar a row of `table` (counts), cut into the shares of its columns; return the axis.

    Shares and not counts, since corpora differ a thousandfold in size; the total stands beside the name.
    """
    if table.empty:
        return style.say(axis, "nothing to show")
    totals = table.sum(axis=1)
    shares = table.div(totals.where(totals > 0, 1), axis=0)
    left = shares.iloc[:, 0] * 0
    for name in table.columns:
        label = f"{style.wrapped(name.replace('_', ' '), 26)} ({table[name].sum():,})"
        axis.barh(range(len(table)), shares[name], left=left, color=colours[name], label=label, height=0.65)
        for row, (share, start) in enumerate(zip(shares[name], left, strict=True)):
            if share > 0.07:
                text = axis.text(start + share / 2, row, f"{share:.0%}", ha="center", va="center", fontsize=8)
                text.set_color("white" if colours[name] in (style.BLUE, style.BLACK, style.DARK_GREY) else style.INK)
        left = left + shares[name]
    axis.set_yticks(
        range(len(table)), [f"{style.wrapped(name, 24)}\n{total:,} {unit}" for name, total in totals.items()]
    )
    axis.set(xlim=(0, 1), xticks=[])
    axis.invert_yaxis()
    axis.spines[["bottom", "left"]].set_visible(False)
    axis.tick_params(length=0)
    axis.legend(loc="upper left", bbox_to_anchor=(0, -0.02), ncols=2, handlelength=1, handleheight=1)
    return axis


def draw_labels(axis: Axes, table: pd.DataFrame) -> Axes:
    """Kept samples of the most frequent labels, cut by split; `table`: labels x splits, most frequent first."""
    if table.empty:
        return style.say(axis, "no kept sample has a label")
    shown = table.head(MOST_LABELS)
    left = shown.sum(axis=1) * 0
    for name in shown.columns:
        axis.barh(range(len(shown)), shown[name], left=left, color=SPLITS[name], label=name, height=0.7)
        left = left + shown[name]
    axis.set_yticks(range(len(shown)), [style.wrapped(name) for name in shown.index])
    axis.invert_yaxis()
    axis.set_xlabel("Kept samples")
    axis.grid(axis="x")
    style.legend_below(axis, 3)
    return axis


def fate_colours(fates: list[str]) -> dict[str, str]:
    """Blue for `kept` and `mapped`, other colours for the rest, in order."""
    others = [colour for colour in style.PALETTE if colour != style.BLUE] + [style.DARK_GREY, style.GREY]
    rest = [name for name in fates if name not in (KEPT, "mapped")]
    return dict.fromkeys((KEPT, "mapped"), style.BLUE) | {
        name: others[index % len(others)] for index, name in enumerate(rest)
    }
