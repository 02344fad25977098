"""What a run predicts of one track, as the two bigWigs that genome browsers show."""

from workflow_scripts.rule import run as run_door

from pathlib import Path

from workflow_scripts.tracks import said


def export_predicted(
    *,
    windows: Path,
    predicted: list[Path],
    chromosomes: Path,
    plus: Path,
    minus: Path,
    track: str,
    run: str,
    naming: str,
) -> None:
    """Write PredictedTracks of all folds held out, each said by the model that has not seen it; see `said.export`."""
    said.export(windows, predicted, chromosomes, plus, minus, track=track, run=run, naming=naming)


if "snakemake" in globals():
    run_door(export_predicted, snakemake)  # noqa: F821
