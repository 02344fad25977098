"""Signal files as they come: any of the formats, made positive, one sign a file, summed over files."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

import numpy as np

from workflow_scripts.contracts.genome import Genome
from workflow_scripts.io.errors import BadInput
from workflow_scripts.tracks import runs
from workflow_scripts.tracks.bigwig_source import BigWigSource, is_bigwig
from workflow_scripts.tracks.sealed_bigwig import BigWigWriter
from workflow_scripts.tracks.text_source import TextSource

log = logging.getLogger(__name__)


class Source:
    """One bigWig, wig or bedGraph file, read under the genome's names of the chromosomes.

    Minus-strand files are negative in many public data sets and positive in others, so that a file declared
    as minus may be either. A file with both signs is a difference of strands, or holds both strands: its
    absolute values would mean nothing, and it is refused. `scratch` is an empty folder for large text files.
    """

    def __init__(self, path: Path, genome: Genome, drop: list[str], may_be_negative: bool, scratch: Path) -> None:
        self.path = path
        self._may_be_negative = may_be_negative
        self._sign = 0  # of all values so far
        self._file = BigWigSource(path, genome, drop) if is_bigwig(path) else TextSource(path, genome, drop, scratch)

    def read(self, chrom: str, start: int, end: int) -> runs.Runs:
        """The runs within [start, end), none negative. Read each base of the genome once, then `finish`."""
        found = self._file.read(chrom, start, end)
        signs = {int(sign) for sign in np.unique(np.sign(found.value)) if sign}
        if signs and not self._sign:
            self._sign = -1 if self._may_be_negative and signs == {-1} else 1
        if signs - {self._sign}:
            at = int(found.start[np.sign(found.value) == -self._sign][0]) + 1
            raise BadInput(self.path, f"{chrom}:{at}", *self._mixed())
        return found._replace(value=np.abs(found.value))

    def finish(self) -> None:
        """Check that the whole file was read, and log what was dropped of it."""
        self._file.finish()
        for name, total in self._file.dropped.items():
            log.warning("%s: chromosome %s dropped, signal %.6g", self.path, name, total)

    def _mixed(self) -> tuple[str, str]:
        if self._may_be_negative:
            return "holds values of both signs", "Give one file for each strand."
        return (
            "holds negative values, but is declared as the plus strand",
            "Declare it under minus, or fix its values.",
        )


def sum_files(
    files: list[Path], may_be_negative: bool, genome: Genome, drop: list[str], output: Path
) -> tuple[int, float]:
    """Sum the files of one strand, block by block, into a bigWig; return its covered bases and its sum."""
    with tempfile.TemporaryDirectory(dir=output.parent) as scratch:
        folders = [Path(tempfile.mkdtemp(dir=scratch)) for _ in files]
        sources = [
            Source(file, genome, drop, may_be_negative, folder) for file, folder in zip(files, folders, strict=True)
        ]
        writer = BigWigWriter(output, genome.lengths)
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
