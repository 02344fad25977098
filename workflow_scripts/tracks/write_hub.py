"""A track hub of UCSC and a session of IGV over the exported bigWigs of a set."""

from workflow_scripts.rule import run

from pathlib import Path

from workflow_scripts.tracks import hub as of_hub
from workflow_scripts.tracks.protocols import PROTOCOLS
from workflow_scripts.tracks.strand_gate import read_assays


def write_hub(
    *,
    plus: list[Path],
    minus: list[Path],
    strands: list[Path],
    hub: Path,
    session: Path,
    names: list,
    set: str,
    spec: dict,
) -> None:
    """Write `hub` (a hub in one file) and `session` (XML), which name the bigWigs that lie in their folder.

    The folder can be copied to a web server, and the address of `hub` given to the browser.
    """
    titles = [PROTOCOLS[assay].title for assay in read_assays(strands)]
    rows = zip(names, titles, plus, minus, strict=True)
    of_hub.write(hub, session, set, [of_hub.exported(*row, hub) for row in rows], spec)


if "snakemake" in globals():
    run(write_hub, snakemake)  # noqa: F821
