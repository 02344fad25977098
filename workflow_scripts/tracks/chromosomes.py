"""Chromosomes of signal files under the genome's names, and those of the genome under UCSC's."""

from __future__ import annotations

import re
from pathlib import Path

from workflow_scripts.contracts.genome import Genome, is_scaffold
from workflow_scripts.io.errors import BadInput

ACCESSION = re.compile(r".*\.[0-9]+")  # of a sequence database, as KI270728.1 and NC_003424.3


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


def ucsc_names(genome: Genome) -> dict[str, str]:
    """UCSC's name of each chromosome of the genome, without those of which it is not known.

    `chr` before the name, and chrM; chrMT where an alias says so, as of hg19, whose chrM is another sequence. An
    accession goes by its alias that begins with `chr`. Raises BadInput where two come to one name.
    """
    found: dict[str, str] = {}
    for chrom in genome.lengths:
        spellings = [chrom, *(alias for alias, of in genome.aliases.items() if of == chrom)]
        if genome.is_mitochondrion(chrom):
            name = "chrMT" if "chrMT" in spellings else "chrM"
        elif ACCESSION.fullmatch(chrom):
            name = next((spelling for spelling in spellings if spelling.startswith("chr")), "")
        else:
            name = chrom if chrom.startswith("chr") else f"chr{chrom}"
        if name in found.values():
            other = next(key for key, value in found.items() if value == name)
            reason = f"{other!r} and {chrom!r} of the genome would both be {name!r} at UCSC"
            raise BadInput("configuration", "hub/chromosome_names", reason, "Set it to genome.")
        if name:
            found[chrom] = name
    return found
