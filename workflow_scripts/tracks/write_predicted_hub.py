"""A track hub of UCSC and a session of IGV that show what was measured and what a run predicts side by side."""

from workflow_scripts.rule import run as run_door

from pathlib import Path

from workflow_scripts.tracks import hub as of_hub
from workflow_scripts.tracks.protocols import PROTOCOLS
from workflow_scripts.tracks.strand_gate import read_assays


def write_predicted_hub(
    *,
    plus: list[Path],
    minus: list[Path],
    predicted_plus: list[Path],
    predicted_minus: list[Path],
    strands: list[Path],
    hub: Path,
    session: Path,
    names: list,
    run: str,
    spec: dict,
) -> None:
    """Write `hub` and `session`, as `write_hub` does: each track as it was measured, and below it as `run` predicts it.

    They name the files in the two folders where these lie, from their own.
    """
    titles = [PROTOCOLS[assay].title for assay in read_assays(strands)]
    measured, said = zip(plus, minus, strict=True), zip(predicted_plus, predicted_minus, strict=True)
    tracks = []
    for name, title, files, of_run in zip(names, titles, measured, said, strict=True):
        tracks += [of_hub.exported(name, title, *files, hub), of_hub.exported(name, title, *of_run, hub, run)]
    of_hub.write(hub, session, run, tracks, spec)


if "snakemake" in globals():
    run_door(write_predicted_hub, snakemake)  # noqa: F821
