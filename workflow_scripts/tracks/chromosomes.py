"""Chromosomes of signal files under the genome's names."""

from __future__ import annotations

from pathlib import Path

from workflow_scripts.contracts.genome import Genome, is_scaffold
from workflow_scripts.io.errors import BadInput


def place(genome: Genome, name: str, path: Path, drop: list[str]) -> str | None:
    """The genome's name of a chromosome that holds signal in the file at `path`; None if it is to be dropped.

    Dropped are the chromosomes that the configuration lists (`drop`), and unplaced or alternative
    sequences in UCSC's spelling that the genome lacks. Any other unknown chromosome raises BadInput.
    """
    if name in drop:
        return None
    found = genome.find(name)
    if found is None and not is_scaffold(name):
        some = ", ".join(list(genome.lengths)[:3])
        raise BadInput(
            path,
            f"chromosome {name!r}",
            f"is not in the genome, which has {some}, ...",
            "Take the genome that the track was made with, tell in reference/chromosomes which of its own it is, "
            "or list it in the track's drop_chromosomes.",
        )
    return found
