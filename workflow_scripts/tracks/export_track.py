"""The two bigWigs of a track as genome browsers show them, for the folder of a track hub."""

from workflow_scripts.rule import run

from pathlib import Path

from workflow_scripts.contracts import genome
from workflow_scripts.tracks import exported
from workflow_scripts.tracks.sealed_bigwig import SealedBigWig


def export_track(*, plus: Path, minus: Path, chromosomes: Path, hub_plus: Path, hub_minus: Path, spec: dict) -> None:
    """Write the signal of both strands, that of the minus strand negative, as browsers draw it below the line.

    Chromosomes are called as UCSC calls them, or as the genome does (`spec["chromosome_names"]`). Raises BadInput where
    one that has signal has no name at UCSC that is known.
    """
    names = exported.names_of(genome.read(chromosomes), spec["chromosome_names"])
    for source, target, strand in ((plus, hub_plus, "plus"), (minus, hub_minus, "minus")):
        exported.write(SealedBigWig(source), source, names, strand, target)


if "snakemake" in globals():
    run(export_track, snakemake)  # noqa: F821
