"""From the rows of a source of counts to the genes of the gene table; fates as in `contracts/gene_mapping`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from workflow_scripts.contracts.identifiers import is_par_y, without_version


class GeneMapping(NamedTuple):
    """Which rows of a source are which genes of the table."""

    table: pd.DataFrame  # source_id, gene_id, fate
    rows: np.ndarray  # mapped rows of the source, ascending, int64
    genes: np.ndarray  # for each of `rows` its position in the gene table, int64
    measured: np.ndarray  # genes of the table, bool

    def sum_rows(self, counts: np.ndarray) -> np.ndarray:
        """Counts per gene (genes of the table x samples, float64) of `counts` (`rows` x samples, any number type).

        A gene without a row has 0. Nearly every gene is one row, so that one row of each is copied and only
        further ones are added. The values of a sample lie side by side in memory.
        """
        order = np.arange(len(self.rows))
        copied = np.zeros(len(self.measured), np.int64)
        copied[self.genes] = order
        further = np.flatnonzero(copied[self.genes] != order)
        sums = np.empty((counts.shape[1], len(self.measured)))
        sums[:] = counts.take(copied, axis=0).T
        sums[:, ~self.measured] = 0
        np.add.at(sums.T, self.genes[further], counts[further])
        return sums.T


def map_rows(
    source_ids: list[str], genes: pd.DataFrame, *, by: str = "gene_id", biotypes: list[str] | None = None
) -> GeneMapping:
    """Map `source_ids`, one per row of the source, to the gene table by its column `by` (gene_id or symbol).

    `biotypes`, where the source has them, only serve to say why a row is left out.
    """
    positions: dict[str, list[int]] = {}
    for position, key in enumerate(genes[by]):
        positions.setdefault(key, []).append(position)
    found, fates = [], []
    for row, source_id in enumerate(source_ids):
        hits = positions.get(without_version(source_id) if by == "gene_id" else source_id, [])
        found.append(hits[0] if len(hits) == 1 else -1)
        if not source_id:
            fates.append("no id")
        elif len(hits) == 1:
            fates.append("par_y" if is_par_y(source_id) else "mapped")
        elif hits:
            fates.append("ambiguous symbol")
        elif biotypes is not None and biotypes[row] != "protein_coding":
            fates.append("not protein coding")
        else:
            fates.append("not in the gene table")
    position = np.array(found, np.int64)
    rows = np.flatnonzero(position >= 0)
    times = np.bincount(position[rows], minlength=len(genes))
    fate = np.array(fates, dtype=object)
    repeated = np.zeros(len(fate), bool)
    repeated[rows] = times[position[rows]] > 1
    fate[repeated & (fate == "mapped")] = "summed"
    ids = genes["gene_id"].to_numpy(object)
    absent = ids[times == 0]
    table = pd.DataFrame(
        {
            "source_id": [*source_ids, *[""] * len(absent)],
            "gene_id": [*np.where(position >= 0, ids[position], ""), *absent],
            "fate": [*fate, *["unmeasured"] * len(absent)],
        }
    )
    return GeneMapping(table, rows, position[rows], times > 0)
