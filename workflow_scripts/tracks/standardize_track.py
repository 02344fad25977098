"""Signal files of one track to two bigWigs, one a strand of the RNA.

Any number of bigWig, wig or bedGraph files a strand (replicates are summed), with the chromosome names of
the genome, non-negative values and no zeros.
"""

from __future__ import annotations

import logging
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from workflow_scripts.rule import run

if TYPE_CHECKING:
    from workflow_scripts.tracks.bigwig_source import BigWigSource
    from workflow_scripts.tracks.genome import Genome
    from workflow_scripts.tracks.runs import Runs
    from workflow_scripts.tracks.text_source import TextSource

log = logging.getLogger(__name__)


def standardize_track(
    *, plus_files: list[Path], minus_files: list[Path], index: Path, plus: Path, minus: Path, spec: dict
) -> None:
    """Write the bigWigs `plus` and `minus` of the track that `spec` describes.

    Raises BadInput on a damaged or malformed file, a chromosome that the genome lacks or knows with
    another length, overlapping intervals, values of both signs in one file, and a strand without signal.
    """
    from workflow_scripts.contracts.files import replacing
    from workflow_scripts.tracks.genome import Genome
    from workflow_scripts.tracks.protocols import PROTOCOLS, swapped

    genome = Genome.read(index)
    protocol = PROTOCOLS[spec["protocol"]]
    log.info(
        "%s: the 5' end of read %d is the RNA's %s end, on the %s strand; the files name the strand of the %s",
        protocol.title,
        protocol.read,
        protocol.rna_end,
        "opposite" if protocol.opposite else "same",
        {"rna": "RNA", "read": "read"}[spec["file_strand"]],
    )
    inputs = {"plus": (plus_files, False), "minus": (minus_files, True)}
    order = ("minus", "plus") if swapped(spec["protocol"], spec["file_strand"]) else ("plus", "minus")
    with ExitStack() as stack:
        # Both strands appear, or neither.
        for declared, output in zip(order, (plus, minus), strict=True):
            files, may_be_negative = inputs[declared]
            temporary = stack.enter_context(replacing(output))
            _standardize(files, may_be_negative, genome, spec["drop_chromosomes"], temporary, output.name)


def _standardize(
    files: list[Path], may_be_negative: bool, genome: Genome, drop: list[str], output: Path, name: str
) -> None:
    """Sum the files of one strand, block by block, into one bigWig."""
    import tempfile

    from workflow_scripts.contracts.errors import BadInput
    from workflow_scripts.tracks import runs
    from workflow_scripts.tracks.bigwig_source import BigWigSource, is_bigwig
    from workflow_scripts.tracks.text_source import TextSource

    with tempfile.TemporaryDirectory(dir=output.parent) as scratch:
        sources: list[_Positive] = []
        for number, file in enumerate(files):
            folder = Path(scratch, str(number))
            folder.mkdir()
            source = BigWigSource(file, genome, drop) if is_bigwig(file) else TextSource(file, genome, drop, folder)
            sources.append(_Positive(source, may_be_negative))
        writer = runs.BigWigWriter(output, genome.lengths)
        for chrom, length in genome.lengths.items():
            for start in range(0, length, runs.BLOCK):
                end = min(start + runs.BLOCK, length)
                writer.append(chrom, runs.add([source.read(chrom, start, end) for source in sources]))
        for source in sources:
            source.finish()
    if not writer.bases:
        raise BadInput(files[0], "", "holds no signal", "Take a file with signal on this strand.")
    writer.close()
    log.info("%s: sum %.6g over %d bases, from %d file(s)", name, writer.total, writer.bases, len(files))


class _Positive:
    """A source whose values are turned positive; one file may hold one sign only.

    Minus-strand files are negative in many public data sets, positive in others. A file with both signs is
    a difference of strands, or the two strands in one file: its absolute values would mean nothing.
    """

    def __init__(self, source: BigWigSource | TextSource, may_be_negative: bool) -> None:
        self._source = source
        self._may_be_negative = may_be_negative
        self._sign = 0

    def read(self, chrom: str, start: int, end: int) -> Runs:
        import numpy as np

        from workflow_scripts.contracts.errors import BadInput

        found = self._source.read(chrom, start, end)
        signs = set(np.sign(found.value).astype(int).tolist()) - {0}
        wrong = signs - ({self._sign} if self._sign else {1, -1} if self._may_be_negative else {1})
        if wrong or len(signs) > 1:
            here = found.value > 0 if self._sign < 0 else found.value < 0
            at = int(found.start[here][0]) + 1
            if self._may_be_negative:
                reason, remedy = "holds values of both signs", "Give one file for each strand."
            else:
                reason = "holds negative values, but is declared as the plus strand"
                remedy = "Declare it under minus, or mend its values."
            raise BadInput(self._source.path, f"{chrom}:{at}", reason, remedy)
        self._sign = self._sign or sum(signs)
        return found._replace(value=np.abs(found.value))

    def finish(self) -> None:
        self._source.finish()
        for name, total in self._source.dropped.items():
            log.warning("%s: chromosome %s dropped, signal %.6g", self._source.path, name, total)


if "snakemake" in globals():
    run(standardize_track, snakemake)  # noqa: F821
