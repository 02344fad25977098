"""Files that hold one sample each, as tools of quantification write them; a shard is so many of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from workflow_scripts.io.errors import BadInput
from workflow_scripts.prebulk.gene_mapping import GeneMapping, GeneNames

BLOCK = 256  # samples yielded together


class SampleFiles(NamedTuple):
    """The files of a shard, in the order of the sample sheet."""

    samples: list[str]
    called: list[str]  # the files, as the sheet has them
    paths: list[Path]

    @classmethod
    def of_shard(cls, sheet: pd.DataFrame, counts: list[Path], shard: int, files_per_shard: int) -> SampleFiles:
        """sheet: the SampleSheet of the corpus; counts: the files of the lines of the sheet that are this shard's."""
        lines = sheet.iloc[shard * files_per_shard :][: len(counts)]
        return cls(lines["sample_id"].tolist(), lines["file"].tolist(), counts)

    def described(self) -> pd.DataFrame:
        """What a reader's `read_samples` returns."""
        return pd.DataFrame({"sample_id": self.samples}, dtype=object)


# From a file to what it calls its rows, and their values (rows x columns, float64).
Read = Callable[[Path], tuple[list[str], np.ndarray]]


def gene_names(files: SampleFiles, read: Read) -> GeneNames:
    return GeneNames([read(files.paths[0])[0]])


def read_blocks(
    files: SampleFiles, mapping: GeneMapping, wanted: np.ndarray, read: Read, counts_of: Callable = np.ravel
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """What a reader's `read_counts` yields; one file is in memory at a time.

    counts_of: from the sums of the columns of a file (genes of the table x columns) to counts per gene. Raises BadInput
    where a file has other rows than the first.
    """
    rows = read(files.paths[0])[0]
    chosen = np.flatnonzero(wanted)
    for first in range(0, len(chosen), BLOCK):
        positions = chosen[first : first + BLOCK]
        block = np.empty((len(mapping.measured), len(positions)))
        for column, position in enumerate(positions):
            path = files.paths[position]
            names, values = read(path)
            _require_rows(path, names, files.paths[0], rows)
            block[:, column] = counts_of(mapping.sum_rows(values[mapping.rows]))
        yield positions, block


def _require_rows(path: Path, names: list[str], first: Path, rows: list[str]) -> None:
    if names == rows:
        return
    at = next((at for at, pair in enumerate(zip(names, rows, strict=False)) if pair[0] != pair[1]), None)
    reason = f"it has {len(names)} genes, {first} has {len(rows)}"
    if at is not None:
        reason = f"its gene {at + 1} is {names[at]!r}, that of {first} is {rows[at]!r}"
    raise BadInput(path, "", reason, "Quantify all samples of a corpus with one annotation, or make corpora of them.")
