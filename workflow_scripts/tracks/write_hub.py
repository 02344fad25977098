"""A track hub of UCSC and a session of IGV over the exported bigWigs of a set."""

from workflow_scripts.rule import run

from pathlib import Path

import pyBigWig

from workflow_scripts.io.files import replacing
from workflow_scripts.io.seal import require_intact_beside
from workflow_scripts.tracks.hub import Track, hub_text, session_text
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
    tracks = [
        Track(name, title, *(_greatest(path) for path in files))
        for name, title, *files in zip(names, titles, plus, minus, strict=True)
    ]
    for path, text in ((hub, hub_text(set, tracks, spec)), (session, session_text(tracks, spec["genome"]))):
        with replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8")


def _greatest(path: Path) -> float:
    """The greatest signal at a base of an exported bigWig, whatever its sign."""
    require_intact_beside(path)
    with pyBigWig.open(str(path)) as file:
        header = file.header()
    return max(abs(header["minVal"]), abs(header["maxVal"]))


if "snakemake" in globals():
    run(write_hub, snakemake)  # noqa: F821
