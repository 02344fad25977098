"""Draw the pausing index of every track of a set: distribution, interval per gene and, where planted, truth."""

from workflow_scripts.rule import run

from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts.polymerase import read
from workflow_scripts.report.pausing import draw_distribution, draw_genes, draw_planted, drawable, read_planted
from workflow_scripts.report.sources import honest_line
from workflow_scripts.report.style import new_figure, save


def plot_pausing(*, polymerase: Path, truth: Path | None, provenance: list[Path], figure: Path) -> None:
    """Polymerase features of one set to one PNG, one row of panels a track, all on one scale.

    `truth` is the folder of the planted truth of a simulated organism; None where there is none. `provenance` of
    the files of the set says what is simulated.
    """
    features = read(polymerase)
    planted = read_planted(truth) if truth is not None else None
    edges = _edges(features)
    tracks = list(dict.fromkeys(features["track"]))
    columns = 2 if planted is None else 3
    drawn = new_figure(4.4 * columns, 4.0 * max(1, len(tracks)) + 0.3)
    rows = drawn.subplots(max(1, len(tracks)), columns, squeeze=False)
    for track, axes in zip(tracks, rows, strict=False):
        of_track = features[features["track"] == track]
        draw_distribution(axes[0], of_track, edges, track)
        draw_genes(axes[1], of_track, edges)
        if planted is not None:
            draw_planted(axes[2], of_track, planted, edges)
    save(drawn, figure, honest_line(provenance))


def _edges(features: pd.DataFrame) -> np.ndarray:
    """Edges of 40 bins of equal width in logarithm that hold every index, the planted excepted."""
    index = drawable(features)["pausing_index"]
    low, high = (index.min(), index.max()) if len(index) else (0.1, 10.0)
    return np.geomspace(low / 1.5, high * 1.5, 41)


if "snakemake" in globals():
    run(plot_pausing, snakemake)  # noqa: F821
