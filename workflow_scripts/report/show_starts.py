"""Write the page of the scores of called starts of transcription."""

from workflow_scripts.rule import run as run_door

from pathlib import Path

from workflow_scripts.contracts import comparisons as comparisons_table
from workflow_scripts.contracts import metrics as metrics_table
from workflow_scripts.report.scores_page import write_scores
from workflow_scripts.report.sources import honest_line


def show_starts(*, metrics: Path, comparisons: Path, provenance: list[Path], page: Path, run: str, place: int) -> None:
    """Metrics and Comparisons of one run to one page; `provenance` says what is simulated, place: of the run."""
    compared = comparisons_table.read(comparisons)
    write_scores(page, run, metrics_table.read(metrics), compared, [run], honest_line(provenance), place)


if "snakemake" in globals():
    run_door(show_starts, snakemake)  # noqa: F821
