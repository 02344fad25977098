"""The two bigWigs of a track as genome browsers show them, for the folder of a track hub."""

from workflow_scripts.rule import run

import logging
from pathlib import Path

from workflow_scripts.contracts import genome
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import replacing
from workflow_scripts.io.seal import seal_beside
from workflow_scripts.tracks.chromosomes import ucsc_names
from workflow_scripts.tracks.sealed_bigwig import BigWigWriter, SealedBigWig

log = logging.getLogger(__name__)


def export_track(*, plus: Path, minus: Path, chromosomes: Path, hub_plus: Path, hub_minus: Path, spec: dict) -> None:
    """Write the signal of both strands, that of the minus strand negative, as browsers draw it below the line.

    Chromosomes are called as UCSC calls them, or as the genome does (`spec["chromosome_names"]`), and stand in the
    order of their names, as UCSC's own programs write them. Raises BadInput where one that has signal has no name at
    UCSC that is known.
    """
    known = genome.read(chromosomes)
    names = dict(zip(known.lengths, known.lengths, strict=True))
    if spec["chromosome_names"] == "ucsc":
        names = ucsc_names(known)
    for source, target, sign in ((plus, hub_plus, 1), (minus, hub_minus, -1)):
        with replacing(target) as temporary:
            _write(SealedBigWig(source), source, names, sign, temporary)
        seal_beside(target)


def _write(track: SealedBigWig, source: Path, names: dict[str, str], sign: int, path: Path) -> None:
    """Write the signal of `track` times `sign`; names: {the genome's name: another}."""
    unnamed = [chrom for chrom in track.lengths if chrom not in names and next(track.runs(chrom), None)]
    if unnamed:
        reason = f"{len(unnamed)} chromosomes with signal have no known name at UCSC: {', '.join(unnamed[:3])}"
        remedy = "Give UCSC's chromAlias.txt in reference/chromosome_aliases, or set hub/chromosome_names to genome."
        raise BadInput(source, "", reason, remedy)
    order = sorted(names, key=names.__getitem__)
    writer = BigWigWriter(path, {names[chrom]: track.lengths[chrom] for chrom in order})
    for chrom in order:
        for runs in track.runs(chrom):
            writer.append(names[chrom], runs._replace(value=sign * runs.value))
    writer.close()
    log.info("%s: sum %.6g over %d bases of %d chromosomes", path.name, writer.total, writer.bases, len(order))


if "snakemake" in globals():
    run(export_track, snakemake)  # noqa: F821
