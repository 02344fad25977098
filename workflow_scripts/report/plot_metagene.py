"""Draw the metagene of every track of a set, sense and antisense."""

from workflow_scripts.rule import run

from pathlib import Path

from workflow_scripts.contracts.metagene import read
from workflow_scripts.report.metagene import draw_track
from workflow_scripts.report.sources import honest_line
from workflow_scripts.report.style import new_figure, save


def plot_metagene(*, metagene: Path, provenance: list[Path], figure: Path) -> None:
    """Metagene of one set to one PNG, one panel a track; `provenance` of its files says what is simulated."""
    profiles = read(metagene)
    tracks = list(dict.fromkeys(profiles["track"]))
    drawn = new_figure(7.2, 2.6 * len(tracks) + 0.6)
    axes = drawn.subplots(len(tracks), 1, squeeze=False)[:, 0]
    for track, axis in zip(tracks, axes, strict=True):
        draw_track(axis, profiles[profiles["track"] == track])
    drawn.legend(*axes[0].get_legend_handles_labels(), loc="outside upper left", ncols=2)
    save(drawn, figure, honest_line(provenance))


if "snakemake" in globals():
    run(plot_metagene, snakemake)  # noqa: F821
