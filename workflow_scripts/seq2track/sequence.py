"""Stretches of the genome as codes of bases, read where they lie."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pysam

from workflow_scripts.io.bases import UNKNOWN, encode
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.seal import require_intact_beside


class Sequences:
    """A genome FASTA and its index, each with its seal beside it. To be used in one thread at a time.

    Raises BadInput on a damaged genome.
    """

    def __init__(self, path: Path, index: Path) -> None:
        require_intact_beside(path)
        require_intact_beside(index)
        self._fasta = pysam.FastaFile(str(path), filepath_index=str(index))
        self._path = path
        self.lengths = dict(zip(self._fasta.references, self._fasta.lengths, strict=True))  # bp

    def codes(self, chrom: str, start: int, end: int) -> np.ndarray:
        """The bases of [start, end), uint8, see `io/bases`; soft-masked ones are as others, those beyond are unknown.

        start and end may lie beyond the ends of the chromosome.
        """
        found = np.full(end - start, UNKNOWN, np.uint8)
        first, last = max(0, start), min(end, self.lengths[chrom])
        if first < last:
            text = self._fasta.fetch(chrom, first, last)
            if len(text) != last - first:
                reason = f"{chrom}:{first + 1}-{last} holds {len(text)} bases"
                raise BadInput(self._path, "", reason, "Remove it and run index_genome again.")
            found[first - start : last - start] = encode(text)
        return found
