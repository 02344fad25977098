"""Numbers and panels of the pausing index: its distribution, its interval per gene, and planted truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from workflow_scripts.contracts import truth
from workflow_scripts.contracts.polymerase import known_indices
from workflow_scripts.evaluation.intervals import median_interval, wilson_interval
from workflow_scripts.report import style


def drawable(features: pd.DataFrame) -> pd.DataFrame:
    """The measured genes of which the index fits on a logarithmic axis: finite and above 0."""
    index = features["pausing_index"]
    return features[features["measured"] & np.isfinite(index) & (index > 0)]


def why_none(features: pd.DataFrame) -> str:
    """A sentence for a track without measured genes: the reason, where all genes share one."""
    first = features["reason"].iloc[0]
    return first if first and (features["reason"] == first).all() else "no gene of this track was measured"


def read_planted(folder: Path) -> pd.DataFrame:
    """Return the planted indices of a simulated organism: gene_id, track, planted (float64)."""
    planted = truth.read("pausing", folder).rename(columns={"assay": "track", "pausing_index": "planted"})
    return planted[["gene_id", "track", "planted"]]


def draw_distribution(axis: Axes, features: pd.DataFrame, edges: np.ndarray, track: str) -> Axes:
    """Histogram of the index of one track's genes on a logarithmic axis, with the median of all and its interval."""
    genes = drawable(features)
    axis.set_title(f"{style.wrapped(track)}: {len(genes):,} of {len(features):,} genes")
    if genes.empty:
        return style.say(axis, why_none(features))
    index = known_indices(features)
    median, low, high = median_interval(index.to_numpy())
    said = f"median {median:.2f} [{low:.2f}, {high:.2f}] of {len(index):,} genes"
    axis.hist(genes["pausing_index"], bins=edges, color=style.SKY, edgecolor="white", linewidth=0.4)
    axis.axvspan(low, high, color=style.ORANGE, alpha=0.35, lw=0)
    axis.axvline(median, color=style.VERMILLION, lw=1.6, label=said)
    axis.set(xscale="log", xlim=(edges[0], edges[-1]), ylabel="Genes")
    axis.set_xlabel("Pausing index (pause density / body density)")
    style.log_numbers(axis.xaxis)
    axis.grid(axis="y")
    style.legend_below(axis, 1)
    return axis


def draw_genes(axis: Axes, features: pd.DataFrame, edges: np.ndarray) -> Axes:
    """Every gene's index with its interval, genes in the order of the index."""
    genes = drawable(features).sort_values("pausing_index", kind="stable")
    if genes.empty:
        return style.say(axis, why_none(features))
    rank = np.arange(1, len(genes) + 1)
    low = np.clip(genes["ci_low"].to_numpy(), edges[0], None)
    high = np.clip(genes["ci_high"].to_numpy(), None, edges[-1])
    if genes["ci_low"].notna().any():
        width = max(0.4, min(2.0, 250 / len(genes)))  # points: the bars of few genes may be broad
        axis.vlines(rank, low, high, color=style.SKY, lw=width, label="interval")
    axis.plot(rank, genes["pausing_index"], color=style.BLUE, ls="none", marker="o", ms=1.8, label="index")
    axis.set(yscale="log", ylim=(edges[0], edges[-1]), ylabel="Pausing index", xlabel="Genes, by pausing index")
    axis.set_title("Interval of each gene")
    style.log_numbers(axis.yaxis)
    axis.grid(axis="y")
    style.legend_below(axis, 2, markerscale=2)
    return axis


def draw_planted(axis: Axes, features: pd.DataFrame, planted: pd.DataFrame, edges: np.ndarray) -> Axes:
    """Planted against measured index of one track, with the share of genes whose interval holds the planted."""
    if not features["measured"].any():
        return style.say(axis, why_none(features))
    genes = features[features["measured"]].merge(planted.dropna(), on=["gene_id", "track"], how="inner")
    if genes.empty:
        return style.say(axis, "nothing was planted for this track")
    genes = genes.dropna(subset=["ci_low", "ci_high"])
    if genes.empty:
        return style.say(axis, "no index of this track has an interval")
    # The share is over all measured genes, those with an index of 0 or without end included.
    held = genes["planted"].between(genes["ci_low"], genes["ci_high"])
    low, high = wilson_interval(int(held.sum()), len(held))
    for inside, colour, marker in ((True, style.BLUE, "o"), (False, style.VERMILLION, "D")):
        shown = drawable(genes[held == inside])
        index, planted_index = shown["pausing_index"].to_numpy(), shown["planted"].to_numpy()
        # Ends beyond the axes are cut: an interval may reach to 0 or have no upper end.
        low_end, high_end = (shown[end].clip(edges[0], edges[-1]).to_numpy() for end in ("ci_low", "ci_high"))
        axis.errorbar(
            planted_index,
            index,
            yerr=(np.maximum(index - low_end, 0), np.maximum(high_end - index, 0)),
            color=colour,
            marker=marker,
            ls="none",
            ms=3,
            elinewidth=0.5,
            alpha=0.7,
            label=f"{'within' if inside else 'outside'} its interval ({(held == inside).sum():,} genes)",
        )
    axis.plot(edges[[0, -1]], edges[[0, -1]], color=style.INK, lw=1, ls="--", label="equal")
    axis.set(xscale="log", yscale="log", xlim=(edges[0], edges[-1]), ylim=(edges[0], edges[-1]))
    axis.set(xlabel="Planted pausing index", ylabel="Measured pausing index")
    axis.set_title(f"Planted: {held.mean():.0%} held [{low:.0%}, {high:.0%}]")
    style.log_numbers(axis.xaxis, axis.yaxis)
    axis.grid()
    style.legend_below(axis, 1)
    return axis
