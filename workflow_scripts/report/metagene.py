"""One panel of a metagene: mean signal along genes scaled to one length."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from workflow_scripts.report import style


def draw_track(axis: Axes, profile: pd.DataFrame) -> Axes:
    """Draw the sense signal of one track upwards and the antisense downwards; `profile`: its rows of the Metagene."""
    for direction, colour, sign in (("sense", style.BLUE, 1), ("antisense", style.VERMILLION, -1)):
        bins = profile[profile["direction"] == direction]
        edges = [*bins["start"], bins["end"].iloc[-1]]
        axis.stairs(sign * bins["signal"], edges, color=colour, alpha=0.25, fill=True)
        axis.stairs(sign * bins["signal"], edges, color=colour, lw=1.2, label=direction)
    axis.axhline(0, color=style.INK, lw=0.6)
    gene = profile.loc[profile["region"] == "gene", "end"].max()
    first, last = profile["start"].min(), profile["end"].max()
    for border in (0, gene):
        axis.axvline(border, color=style.DARK_GREY, lw=0.6, ls="--")
    # Without a flank the figure ends at the gene, whose name of that place comes last and stays.
    ticks = {first: f"{first:,} bp", last: f"+{last - gene:,} bp", 0: "start", gene: "end"}
    axis.set_xticks(list(ticks), list(ticks.values()))
    axis.set(xlim=(first, last), ylabel="Signal per bp")
    any_row = profile.iloc[0]
    axis.set_title(f"{style.wrapped(any_row['track'])} ({any_row['assay']}): {any_row['genes']:,} genes")
    return axis
