"""Signal as genome browsers show it: chromosomes by the names and in the order that these expect, signs by strand."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from workflow_scripts.contracts.genome import Genome
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import replacing
from workflow_scripts.io.seal import seal_beside
from workflow_scripts.tracks.chromosomes import ucsc_names
from workflow_scripts.tracks.runs import Runs
from workflow_scripts.tracks.sealed_bigwig import BigWigWriter

SIGNS = {"plus": 1, "minus": -1}  # the minus strand is drawn below the line
log = logging.getLogger(__name__)


class Signal(Protocol):
    """One strand of one track, positive; `lengths` holds every chromosome of the genome (bp)."""

    lengths: dict[str, int]

    def runs(self, chrom: str) -> Iterator[Runs]:
        """All runs of a chromosome in order, some at a time."""


def names_of(known: Genome, naming: str) -> dict[str, str]:
    """What chromosomes are called, by the genome's name: as UCSC calls them, if that is known (`ucsc`), or `genome`."""
    return ucsc_names(known) if naming == "ucsc" else dict(zip(known.lengths, known.lengths, strict=True))


def write(track: Signal, source: Path, names: dict[str, str], strand: str, path: Path) -> None:
    """Write a bigWig and its seal; the minus strand is negative.

    names: see `names_of`; chromosomes stand in the order of these, as UCSC's own programs write them. Raises BadInput,
    of `source`, where one that has signal has no name.
    """
    unnamed = [chrom for chrom in track.lengths if chrom not in names and next(track.runs(chrom), None)]
    if unnamed:
        reason = f"{len(unnamed)} chromosomes with signal have no known name at UCSC: {', '.join(unnamed[:3])}"
        remedy = "Give UCSC's chromAlias.txt in reference/chromosome_aliases, or set hub/chromosome_names to genome."
        raise BadInput(source, "", reason, remedy)
    order = sorted(names, key=names.__getitem__)
    with replacing(path) as temporary:
        writer = BigWigWriter(temporary, {names[chrom]: track.lengths[chrom] for chrom in order})
        for chrom in order:
            for runs in track.runs(chrom):
                writer.append(names[chrom], runs._replace(value=SIGNS[strand] * runs.value))
        writer.close()
    seal_beside(path)
    log.info("%s: sum %.6g over %d bases of %d chromosomes", path.name, writer.total, writer.bases, len(order))
