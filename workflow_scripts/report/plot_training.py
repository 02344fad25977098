"""Draw the training of one run: losses of the train and validation splits, and the learning rate."""

from workflow_scripts.rule import run

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from workflow_scripts.contracts.history import read
from workflow_scripts.report.looks import look
from workflow_scripts.report.sources import honest_line
from workflow_scripts.report.style import DARK_GREY, GREY, INK, legend_below, new_figure, save


def plot_training(
    *, history: Path, gene_embedding: Path, provenance: list[Path], figure: Path, run: str, place: int
) -> None:
    """History of one run to one PNG in the colour of its `place` among all; the epoch that was kept is marked.

    `gene_embedding` of the run and `provenance` of its data say what is simulated.
    """
    epochs = read(history)
    drawn = new_figure(9.6, 4.2)
    losses, rate = drawn.subplots(1, 2, width_ratios=[2, 1])
    draw_losses(losses, epochs, run, place)
    draw_learning_rate(rate, epochs)
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
    axis.set_title(f"Loss of {run}: {epochs['epoch'].max()} epochs in {epochs['seconds'].sum():,.0f} s")
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.grid(axis="y")
    legend_below(axis, 3)
    return axis


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


if "snakemake" in globals():
    run(plot_training, snakemake)  # noqa: F821
