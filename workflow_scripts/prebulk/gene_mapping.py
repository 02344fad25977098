"""From the rows of a source of counts to the genes of the gene table; fates as in `contracts/gene_mapping`."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

from workflow_scripts.contracts.identifiers import is_par_y, without_version

# From a name of a source to positions in the gene table, and how they were found ("": directly).
Finder = Callable[[str], tuple[list[int], str]]


class GeneNames(NamedTuple):
    """What a source calls its rows."""

    kinds: list[list[str]]  # names of all rows: Ensembl ids, symbols, or either of several columns
    biotypes: list[str] | None = None  # where the source has them; they only say why a row is left out


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


def map_rows(names: GeneNames, genes: pd.DataFrame, aliases: pd.DataFrame | None = None) -> GeneMapping:
    """Map the rows of a source to the gene table by the kind of name that finds most genes there.

    names: what the source calls its rows; genes: the gene table; aliases: a GeneAliases, by which a name that is no
    symbol of the table may be an earlier or another one of a gene. Of kinds that find equally many the first is taken,
    and Ensembl ids before symbols.
    """
    ids = _positions(genes["gene_id"])
    symbols = _positions(genes["symbol"])
    others = {} if aliases is None else aliases.groupby("alias")["gene_id"].agg(list).to_dict()
    found = [
        _mapped(kind, names.biotypes, by)
        for kind in names.kinds
        for by in ((lambda name: (ids.get(without_version(name), []), "")), _by_symbol(symbols, others, ids))
    ]
    best = max(found, key=lambda mapped: len({hit for hit in mapped[0] if hit >= 0}))
    return _summed(*best, genes["gene_id"].to_numpy(object))


def _positions(column: pd.Series) -> dict[str, list[int]]:
    """Where each name stands in a column of the gene table."""
    positions: dict[str, list[int]] = {}
    for position, key in enumerate(column):
        positions.setdefault(key, []).append(position)
    return positions


def _by_symbol(symbols: dict[str, list[int]], others: dict[str, list[str]], ids: dict[str, list[int]]) -> Finder:
    """Finds genes by their symbol; where the table has none such, by another name of a gene."""

    def find(name: str) -> tuple[list[int], str]:
        if name in symbols:
            return symbols[name], ""
        return [hit for gene in others.get(name, []) for hit in ids.get(gene, [-1])], "alias"  # -1: not in the table

    return find


def _mapped(kind: list[str], biotypes: list[str] | None, find: Finder) -> tuple[list[int], list[str], list[str]]:
    """Of each row: the position of its gene in the table (-1: none), its fate, and its name."""
    found, fates = [], []
    for row, name in enumerate(kind):
        hits, how = find(name)
        found.append(hits[0] if len(hits) == 1 else -1)
        if not name:
            fates.append("no id")
        elif len(hits) == 1:
            fates.append("par_y" if is_par_y(name) else how or "mapped")
        elif hits:
            fates.append("ambiguous symbol")
        elif biotypes is not None and biotypes[row] != "protein_coding":
            fates.append("not protein coding")
        else:
            fates.append("not in the gene table")
    return found, fates, kind


def _summed(found: list[int], fates: list[str], kind: list[str], ids: np.ndarray) -> GeneMapping:
    """The mapping, in which rows of one gene are summed; an alias gives way to a row of the gene's own name."""
    position = np.array(found, np.int64)
    fate = np.array(fates, dtype=object)
    own = np.isin(np.arange(len(ids)), position[(position >= 0) & (fate != "alias")])
    outdone = (fate == "alias") & own[position]
    position[outdone], fate[outdone] = -1, "alias of a measured gene"
    rows = np.flatnonzero(position >= 0)
    times = np.bincount(position[rows], minlength=len(ids))
    repeated = np.zeros(len(fate), bool)
    repeated[rows] = times[position[rows]] > 1
    fate[repeated & np.isin(fate, ["mapped", "alias"])] = "summed"
    absent = ids[times == 0]
    table = pd.DataFrame(
        {
            "source_id": [*kind, *[""] * len(absent)],
            "gene_id": [*np.where(position >= 0, ids[position], ""), *absent],
            "fate": [*fate, *["unmeasured"] * len(absent)],
        }
    )
    return GeneMapping(table, rows, position[rows], times > 0)
