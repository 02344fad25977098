"""Write the page of the scores of what predicted tracks tell: starts of transcription, and classes of regions."""

from workflow_scripts.rule import run as run_door

from pathlib import Path

import pandas as pd

from workflow_scripts.contracts import comparisons as comparisons_table
from workflow_scripts.contracts import metrics as metrics_table
from workflow_scripts.report.scores_page import write_scores
from workflow_scripts.report.sources import honest_line


def show_uses(
    *, metrics: list[Path], comparisons: list[Path], provenance: list[Path], page: Path, run: str, place: int
) -> None:
    """Metrics and Comparisons of one run to one page; `provenance` says what is simulated, place: of the run."""
    scores = pd.concat([metrics_table.read(path) for path in metrics], ignore_index=True)
    compared = pd.concat([comparisons_table.read(path) for path in comparisons], ignore_index=True)
    write_scores(page, run, scores, compared, [run], honest_line(provenance), place)


if "snakemake" in globals():
    run_door(show_uses, snakemake)  # noqa: F821
