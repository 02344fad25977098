"""Drawings of one circuit: how well its edges are found, the strongest of them, and responses beside outcomes."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch

from workflow_scripts.evaluation.models import label
from workflow_scripts.report.looks import look
from workflow_scripts.report.style import BLUE, DARK_GREY, GREEN, GREY, INK, VERMILLION, say, wrapped

MOST_EDGES, MOST_NAMED = 60, 40  # edges that are drawn; genes around the circle whose names are legible
LETTER, ROOM = 4.8, 36  # points: of a letter of a name, and between the circle and the end of its axis
MOST_GENES = 60  # of a heat map


def draw_ranking(axis: Axes, scores: pd.DataFrame, run: str, place: int = 0) -> Axes:
    """One row a model, its AUPR with the 95 % interval, the best above; scores: rows of Metrics."""
    if scores.empty:
        return say(axis, "Which edges there are is not known:\nnothing is scored.")
    rows = scores.sort_values("value")
    names = [wrapped(label(model)) for model in rows["model"]]
    colours = [look(run, place).colour if model == run else DARK_GREY for model in rows["model"]]
    ends = np.abs(rows[["ci_low", "ci_high"]].to_numpy().T - rows["value"].to_numpy())
    axis.hlines(names, *rows[["ci_low", "ci_high"]].to_numpy().T, color=colours, lw=4, alpha=0.35)
    axis.scatter(rows["value"], names, color=colours, s=36, zorder=3)
    for name, value, reach in zip(names, rows["value"], ends[1], strict=True):
        axis.annotate(f"{value:.3f}", (value + reach, name), xytext=(6, -3), textcoords="offset points", fontsize=8)
    axis.set(xlabel="AUPR of edges (area under precision over recall)", title="Who regulates whom")
    axis.set_xlim(0, min(1.0, float(np.nanmax(rows["ci_high"].fillna(rows["value"]))) + 0.15))
    axis.grid(axis="x")
    return axis


def draw_edges(axis: Axes, edges: pd.DataFrame, genes: list[str], truth: pd.DataFrame | None) -> Axes:
    """The strongest edges around a circle: arrows activate, bars repress; green where the edge is a true one."""
    number = min(MOST_EDGES, 2 * len(genes), len(edges))
    shown = edges.head(number)
    there = set() if truth is None else {(row.source, row.target) for row in truth[truth["present"]].itertuples()}
    involved = [gene for gene in genes if gene in set(shown["source"]) | set(shown["target"])]
    if not involved:
        return say(axis, "No edge was learned.")
    angle = {gene: 2 * np.pi * at / len(involved) for at, gene in enumerate(involved)}
    at = {gene: (np.sin(turn), np.cos(turn)) for gene, turn in angle.items()}
    strongest = shown["weight"].max()
    for row in shown.iloc[::-1].itertuples():
        known = DARK_GREY if truth is None else GREEN if (row.source, row.target) in there else VERMILLION
        axis.add_patch(
            FancyArrowPatch(
                at[row.source],
                at[row.target],
                connectionstyle="arc3,rad=0.15",
                arrowstyle="-|>" if row.sign >= 0 else "]-",
                mutation_scale=9 if row.sign >= 0 else 3,
                color=known,
                lw=0.6 + 2.2 * row.weight / strongest,
                alpha=0.8,
                shrinkA=9,
                shrinkB=9,
            )
        )
    axis.scatter(*np.array(list(at.values())).T, s=90 if len(involved) <= MOST_NAMED else 14, color=BLUE, zorder=3)
    if len(involved) <= MOST_NAMED:
        for gene, (x, y) in at.items():
            turned, side = 90 - np.degrees(angle[gene]), "left" if x >= 0 else "right"
            placed = {"rotation": turned if x >= 0 else turned + 180, "rotation_mode": "anchor"}
            axis.annotate(gene, (1.09 * x, 1.09 * y), ha=side, va="center", fontsize=7.5, color=INK, **placed)
    axis.set(xlim=(-1.6, 1.6), ylim=(-1.6, 1.6), aspect="equal")
    axis.set_axis_off()
    right = sum((row.source, row.target) in there for row in shown.itertuples())
    said = "" if truth is None else f": {right} there (green), {number - right} not"
    longest = max(map(len, involved)) if len(involved) <= MOST_NAMED else 0
    axis.set_title(f"The {number} strongest edges{said}", pad=6 + max(0.0, LETTER * longest - ROOM))
    return axis


def draw_responses(axes: list[Axes], predicted: pd.DataFrame, measured: pd.DataFrame, unit: str) -> None:
    """Changes from the reference as two heat maps with one scale, perturbations down and genes across.

    predicted, measured: perturbations x genes, of the same rows. Of many genes those that move most are drawn.
    """
    moving = measured.abs().max().sort_values(ascending=False, kind="stable").index[:MOST_GENES]
    genes = [gene for gene in measured.columns if gene in set(moving)]
    most = float(np.nanmax(np.abs(measured[genes].to_numpy()))) or 1.0
    names = [text.replace(":knockout", "").replace("+", " + ") for text in measured.index]
    for axis, table, title in zip(axes, (predicted, measured), ("Predicted", "Measured"), strict=True):
        image = axis.imshow(table[genes], cmap="RdBu_r", vmin=-most, vmax=most, aspect="auto", interpolation="nearest")
        axis.set_title(f"{title} change under two knock-outs")
        axis.set_xticks(range(len(genes)), genes, rotation=90, fontsize=6 if len(genes) > 25 else 8)
    axes[0].set_yticks(range(len(names)), names, fontsize=8)
    axes[1].set_yticks([])
    axes[1].figure.colorbar(image, ax=axes[1], label=f"Change of the level ({unit})", fraction=0.06)


def draw_penalties(axis: Axes, selection: pd.DataFrame, run: str, place: int = 0) -> Axes:
    """The error of experiments held out over the penalties that were tried; the one that is kept is marked."""
    rows = selection.sort_values("penalty")
    colour = look(run, place).colour
    names = [f"{penalty:g}" for penalty in rows["penalty"]]
    axis.plot(names, rows["held_out_error"], color=colour, marker="o", lw=1.6)
    kept = rows["chosen"].to_numpy()
    axis.plot(np.array(names)[kept], rows["held_out_error"][kept], "o", ms=11, mfc="none", mec=INK, label="kept")
    axis.set(
        xlabel="Penalty of edges", ylabel="Error of experiments held out (variances)", title="Choice of the penalty"
    )
    axis.margins(0.12)
    axis.grid(axis="y", color=GREY, alpha=0.4)
    axis.legend()
    return axis


def layout(figure: Figure, responses: bool) -> tuple[list[Axes], list[Axes]]:
    """The axes of ranking, edges and penalties, and those of the two heat maps, where there are responses."""
    rows = figure.add_gridspec(2 if responses else 1, 1)
    above = rows[0].subgridspec(1, 3, width_ratios=[1.35, 1.45, 0.8])
    below = rows[1].subgridspec(1, 2) if responses else None
    return [figure.add_subplot(part) for part in above], [figure.add_subplot(part) for part in below] if below else []
