"""Signal files of one track to two bigWigs, one a strand of the RNA.

Any number of bigWig, wig or bedGraph files a strand (replicates are summed), with the chromosome names of
the genome, non-negative values and no zeros.
"""

import logging
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from workflow_scripts.rule import run

if TYPE_CHECKING:
    from workflow_scripts.tracks.genome import Genome

log = logging.getLogger(__name__)


def standardize_track(
    *, plus_files: list[Path], minus_files: list[Path], index: Path, plus: Path, minus: Path, spec: dict
) -> None:
    """Write the bigWigs `plus` and `minus` of the track that `spec` describes: both, or neither.

    Raises BadInput on a damaged or malformed file, a chromosome that the genome lacks or knows with
    another length, overlapping intervals, values of both signs in one file, and a strand without signal.
    """
    from workflow_scripts.contracts.files import replacing
    from workflow_scripts.tracks.genome import Genome
    from workflow_scripts.tracks.protocols import PROTOCOLS, swapped

    genome, protocol = Genome.read(index), PROTOCOLS[spec["protocol"]]
    log.info(
        "%s: the 5' end of read %d marks the RNA's %s end, on the %s strand; the files name the strand of the %s",
        protocol.title,
        protocol.read,
        protocol.rna_end,
        "opposite" if protocol.opposite else "same",
        {"rna": "RNA", "read": "read"}[spec["file_strand"]],
    )
    outputs = (minus, plus) if swapped(spec["protocol"], spec["file_strand"]) else (plus, minus)
    with ExitStack() as stack:
        for files, output, may_be_negative in zip((plus_files, minus_files), outputs, (False, True), strict=True):
            temporary = stack.enter_context(replacing(output))
            bases, total = _sum_files(files, may_be_negative, genome, spec["drop_chromosomes"], temporary)
            log.info("%s: sum %.6g over %d bases, from %d file(s)", output.name, total, bases, len(files))


def _sum_files(
    files: list[Path], may_be_negative: bool, genome: "Genome", drop: list[str], output: Path
) -> tuple[int, float]:
    """Sum the files of one strand, block by block, into a bigWig; return its covered bases and its sum."""
    import tempfile

    from workflow_scripts.contracts.errors import BadInput
    from workflow_scripts.tracks import runs
    from workflow_scripts.tracks.sources import Source

    with tempfile.TemporaryDirectory(dir=output.parent) as scratch:
        folders = [Path(tempfile.mkdtemp(dir=scratch)) for _ in files]
        sources = [
            Source(file, genome, drop, may_be_negative, folder) for file, folder in zip(files, folders, strict=True)
        ]
        writer = runs.BigWigWriter(output, genome.lengths)
        for chrom, length in genome.lengths.items():
            for start in range(0, length, runs.BLOCK):
                end = min(start + runs.BLOCK, length)
                writer.append(chrom, runs.add([source.read(chrom, start, end) for source in sources]))
        writer.close()
        for source in sources:
            source.finish()
    if not writer.bases:
        raise BadInput(files[0], "", "holds no signal", "Take a file with signal on this strand.")
    return writer.bases, writer.total


if "snakemake" in globals():
    run(standardize_track, snakemake)  # noqa: F821
