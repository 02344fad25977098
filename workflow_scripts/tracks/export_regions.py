"""What the models of a run say of one track over regions, as the two bigWigs that genome browsers show."""

from workflow_scripts.rule import run as run_door

from pathlib import Path

from workflow_scripts.tracks import said


def export_regions(
    *,
    windows: Path,
    predicted: Path,
    chromosomes: Path,
    plus: Path,
    minus: Path,
    track: str,
    run: str,
    naming: str,
) -> None:
    """Write PredictedTracks of windows over regions, the means of all models; see `said.export`."""
    said.export(windows, [predicted], chromosomes, plus, minus, track=track, run=run, naming=naming)


if "snakemake" in globals():
    run_door(export_regions, snakemake)  # noqa: F821
