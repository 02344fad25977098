"""Draw what a run predicts of tracks beside what was measured, and how well, and write the page of its scores."""

from workflow_scripts.rule import run as run_door

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts import comparisons as comparisons_table
from workflow_scripts.contracts import gene_bodies, gene_table, predicted_tracks, track_store
from workflow_scripts.contracts import metrics as metrics_table
from workflow_scripts.evaluation.models import LEVELED, run_of
from workflow_scripts.report.score_figures import draw_bars
from workflow_scripts.report.scores_page import write_scores
from workflow_scripts.report.sources import honest_line
from workflow_scripts.report.style import DARK_GREY, new_figure, save
from workflow_scripts.report.track_figures import MEASURED, SAID, choose_window, draw_genes, draw_signal, of_track

CEILING = "counting_ceiling"  # what no model can pass, and no baseline
SHOWN = {
    "bin_pearson": "r over bins",
    "within_pearson": "median r within genes",
    "gene_log_pearson": "r over genes of ln of signal",
    "pausing_spearman": "Spearman of pausing indices",
}


def plot_tracks(
    *,
    windows: Path,
    targets: Path,
    bodies: Path,
    genes: Path,
    predicted: list[Path],
    metrics: Path,
    comparisons: Path,
    provenance: list[Path],
    figure: Path,
    page: Path,
    run: str,
    place: int,
) -> None:
    """PredictedTracks (the first fold is drawn), Metrics and Comparisons of one run to one PNG and one page.

    `provenance` of the files says what is simulated; place: of the run, which its colour follows.
    """
    table = track_store.read_windows(windows)
    store = track_store.TrackStore(targets, table)
    said = predicted_tracks.read(predicted[0], table)
    rows = np.flatnonzero(table["fold"] == said.fold)
    signal, mask = store.rows(rows)
    known, order = gene_table.read(genes)
    placed = gene_bodies.read(bodies, order)[0].assign(symbol=known["symbol"])
    placed = placed[placed["placed"]]
    scores, honest = metrics_table.read(metrics), honest_line(provenance)
    ours = [run, run + LEVELED]
    names = [track["name"] for track in store.tracks[::2]]
    drawn = new_figure(19, 4.9 * len(names) + 0.4)
    parts = np.atleast_1d(drawn.subfigures(len(names), 1))
    for number, (name, part) in enumerate(zip(names, parts, strict=True)):
        track, pair = 2 * number, slice(2 * number, 2 * number + 2)
        window = choose_window(table.iloc[rows], signal[:, pair], mask[:, pair], of_track(said, run, track), store.bin)
        grid = part.add_gridspec(3, 1 + len(SHOWN), width_ratios=[1.8, *[1] * len(SHOWN)], height_ratios=[1, 1, 0.5])
        above = part.add_subplot(grid[0, 0])
        draw_signal(above, window, window.measured, MEASURED, f"{name}, {window.place}, measured")
        below = part.add_subplot(grid[1, 0], sharex=above)
        told = f"predicted, r {window.score:.2f} here (fold {said.fold}, not seen)"
        draw_signal(below, window, window.predicted, SAID, told)
        along = part.add_subplot(grid[2, 0], sharex=above)
        draw_genes(along, window, placed)
        along.set_xlabel("kb on the chromosome; minus strand mirrored, masked bins shaded")
        of_track_alone = scores[scores["dataset"] == name]
        ceiling = of_track_alone[of_track_alone["model"] == CEILING].set_index("metric")["value"]
        of_track_alone = of_track_alone[of_track_alone["model"] != CEILING]
        models = sorted(of_track_alone["model"].unique(), key=_order(of_track_alone, run))
        for column, (metric, title) in enumerate(SHOWN.items(), 1):
            axis = part.add_subplot(grid[:, column])
            draw_bars(axis, of_track_alone[of_track_alone["metric"] == metric], models, ours, title, place)
            if np.isfinite(ceiling.get(metric, np.nan)):
                axis.axvline(ceiling[metric], color=DARK_GREY, lw=1.1, label=f"ceiling {ceiling[metric]:.3f}")
                axis.legend(loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0, ncols=2)
            if column > 1:
                axis.set_yticks(axis.get_yticks(), [""] * len(models))
    save(drawn, figure, honest)
    write_scores(page, run, scores, comparisons_table.read(comparisons), ours, honest, place)


def _order(scores: pd.DataFrame, run: str) -> Callable[[str], tuple]:
    """The run first, then models by their r over bins, the best first; those without one last."""
    value = scores[scores["metric"] == "bin_pearson"].set_index("model")["value"].fillna(-2.0)
    return lambda model: (run_of(model) != run, -value[model], model)


if "snakemake" in globals():
    run_door(plot_tracks, snakemake)  # noqa: F821
