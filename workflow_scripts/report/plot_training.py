"""Draw the training of one run: losses, the learning rate, and what the run takes of its members."""

from workflow_scripts.rule import run

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from workflow_scripts.contracts import history as history_table
from workflow_scripts.contracts import selection as selection_table
from workflow_scripts.report.looks import look
from workflow_scripts.report.sources import honest_line
from workflow_scripts.report.style import DARK_GREY, GREY, INK, legend_below, new_figure, save


def plot_training(
    *, history: Path, selection: Path, gene_embedding: Path, provenance: list[Path], figure: Path, run: str, place: int
) -> None:
    """History and Selection of one run to one PNG in the colour of its `place` among all; the kept epoch is marked.

    `gene_embedding` of the run and `provenance` of its data say what is simulated.
    """
    epochs = history_table.read(history)
    drawn = new_figure(12.8, 4.2)
    losses, rate, members = drawn.subplots(1, 3, width_ratios=[2, 1, 1.4])
    draw_losses(losses, epochs, run, place)
    draw_learning_rate(rate, epochs)
    draw_members(members, selection_table.read(selection), run, place)
    save(drawn, figure, honest_line(provenance, [gene_embedding]))


def draw_losses(axis: Axes, epochs: pd.DataFrame, run: str, place: int = 0) -> Axes:
    """Draw train and validation loss over epochs and mark the least validation loss; return the axis."""
    drawn = {"color": look(run, place).colour, "ms": 4, "lw": 1.6}
    axis.plot(epochs["epoch"], epochs["train_loss"], **drawn, marker="s", mfc="white", ls="--", label="train")
    axis.plot(epochs["epoch"], epochs["validation_loss"], **drawn, marker="o", label="validation")
    if epochs["validation_loss"].notna().any():
        best = epochs.loc[epochs["validation_loss"].idxmin()]
        axis.axvline(best["epoch"], color=GREY, lw=1, zorder=0)
        axis.plot(
            best["epoch"],
            best["validation_loss"],
            ls="none",
            marker="o",
            ms=10,
            mfc="none",
            mec=INK,
            label=f"kept: epoch {best['epoch']:.0f}, validation loss {best['validation_loss']:.4g}",
        )
    axis.set(xlabel="Epoch (0: before training)", ylabel="Mean squared error of hidden values")
    axis.set_title(f"Loss of {run}: {_cost(epochs)}")
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.grid(axis="y")
    legend_below(axis, 2)
    return axis


def _cost(epochs: pd.DataFrame) -> str:
    seconds, memory = epochs["seconds"].sum(), epochs["peak_memory_mib"].max() / 1024
    samples = (epochs["samples_per_second"] * epochs["seconds"]).sum()
    speed = f", {samples / seconds:,.0f} samples/s" if seconds else ""
    return f"{epochs['epoch'].max()} epochs in {seconds:,.0f} s{speed}, {memory:.1f} GiB"


def draw_learning_rate(axis: Axes, epochs: pd.DataFrame) -> Axes:
    """Draw the learning rate at the end of each epoch; return the axis."""
    trained = epochs[epochs["epoch"] > 0]
    axis.plot(trained["epoch"], trained["learning_rate"], color=DARK_GREY, marker="o", ms=3.5, lw=1.6)
    axis.set(xlabel="Epoch", ylabel="Learning rate", title="Learning rate")
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axis.set_ylim(bottom=0)
    axis.grid(axis="y")
    return axis


def draw_members(axis: Axes, selection: pd.DataFrame, run: str, place: int = 0) -> Axes:
    """Draw the validation skill of each member, with its weight, and of the run; return the axis."""
    rows = selection.iloc[::-1]
    names = [_member(row, run) for row in rows.itertuples()]
    colours = [look(run, place).colour if member == "stack" else DARK_GREY for member in rows["member"]]
    axis.hlines(names, 0, 1, transform=axis.get_yaxis_transform(), color=GREY, lw=0.8, zorder=0)
    axis.scatter(rows["skill"], names, s=60, color=colours)
    for name, skill in zip(names, rows["skill"], strict=True):
        axis.annotate(f"{skill:.4f}", (skill, name), xytext=(0, 7), textcoords="offset points", ha="center")
    axis.margins(x=0.25, y=0.15)
    axis.set_xlabel("Skill over the gene mean, validation")
    of = selection.set_index("member")
    gain = of["skill"]["stack"] - of["skill"]["base"]
    axis.set_title(f"The network adds {gain:.4f}" if of["weight"]["network"] else "The network adds nothing")
    return axis


def _member(row: tuple, run: str) -> str:
    names = {"kernel_ridge": "kernel ridge", "base": "without the network", "stack": run}
    name = names.get(row.member, row.member)
    return name if row.member in ("base", "stack") else f"{name} (weight {row.weight:g})"


if "snakemake" in globals():
    run(plot_training, snakemake)  # noqa: F821
