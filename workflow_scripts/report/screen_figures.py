"""A screen of perturbations at a glance: how well each matches what is wanted, how far it reaches, its side effect."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from workflow_scripts.report.looks import look
from workflow_scripts.report.style import DARK_GREY, GREY, INK

PANELS = {
    "match": ("Match", "Cosine with the wanted change"),
    "size": ("Size", "Change of the wanted genes (sds)"),
    "side_effect": ("Side effect", "Change of all others (sds)"),
}


def draw_screen(axes: list[Axes], screen: pd.DataFrame, run: str, least_size: float, done: str, place: int = 0) -> None:
    """One row a perturbation, the first of `screen` on top, one axis for each of PANELS; see `contracts/screen`.

    done: what is done to the genes that name the rows. Those that move the genes of the signature by less than
    `least_size` are grey.
    """
    names = screen["perturbation"].str.replace(r":[^+]*", "", regex=True).str.replace("+", " + ")
    rows = range(len(screen))
    colour = look(run, place).colour
    colours = [GREY if size < least_size else colour for size in screen["size"]]
    for axis, (name, (title, label)) in zip(axes, PANELS.items(), strict=True):
        axis.hlines(rows, screen[f"{name}_low"], screen[f"{name}_high"], color=colours, lw=4, alpha=0.35)
        axis.scatter(screen[name], rows, color=colours, s=34, zorder=3)
        axis.scatter(screen[f"measured_{name}"], rows, s=40, marker="D", facecolor="none", edgecolor=INK, zorder=4)
        axis.set(title=title, xlabel=label, ylim=(len(screen) - 0.4, -0.6))
        axis.set_yticks(rows, names if axis is axes[0] else [])
        axis.grid(axis="both")
    axes[0].set_ylabel(f"Gene{'s' if names.str.contains('+', regex=False).any() else ''} {done}")
    axes[0].set_xlim(-1.08, 1.08)
    axes[0].axvline(0, color=DARK_GREY, lw=0.8)
    axes[1].axvline(least_size, color=DARK_GREY, lw=0.8, ls="--")
    for axis in axes[1:]:
        axis.set_xlim(left=0)
    handles = [Line2D([], [], color=colour, marker="o", lw=4, alpha=0.6, label="predicted, with 90 % interval")]
    if screen["measured_match"].notna().any():
        handles.append(Line2D([], [], color=INK, marker="D", mfc="none", lw=0, label="measured"))
    if GREY in colours:
        handles.append(Line2D([], [], color=GREY, marker="o", lw=0, label=f"size below {least_size:g} sds"))
    axes[0].get_figure().legend(handles=handles, loc="outside upper left", ncols=3)
