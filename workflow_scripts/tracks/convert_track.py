"""Signal files of one track to two bigWigs, one a strand of the RNA.

Any number of bigWig, wig or bedGraph files a strand (replicates are summed), with the chromosome names of
the genome, non-negative values and no zeros.
"""

from workflow_scripts.rule import run

import logging
from contextlib import ExitStack
from pathlib import Path

from workflow_scripts.contracts import genome as genome_contract
from workflow_scripts.io.files import replacing
from workflow_scripts.io.seal import seal_beside
from workflow_scripts.tracks.protocols import PROTOCOLS, swapped
from workflow_scripts.tracks.sources import sum_files

log = logging.getLogger(__name__)


def convert_track(
    *, plus_files: list[Path], minus_files: list[Path], chromosomes: Path, plus: Path, minus: Path, spec: dict
) -> None:
    """Write the bigWigs `plus` and `minus` of the track that `spec` describes: both, or neither.

    Raises BadInput on a damaged or malformed file, a chromosome that the genome lacks or knows with
    another length, overlapping intervals, values of both signs in one file, and a strand without signal.
    """
    genome, protocol = genome_contract.read(chromosomes), PROTOCOLS[spec["protocol"]]
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
            bases, total = sum_files(files, may_be_negative, genome, spec["drop_chromosomes"], temporary)
            log.info("%s: sum %.6g over %d bases, from %d file(s)", output.name, total, bases, len(files))
    for output in outputs:
        seal_beside(output)


if "snakemake" in globals():
    run(convert_track, snakemake)  # noqa: F821
