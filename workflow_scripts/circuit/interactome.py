"""Vectors of genes by the proteins that theirs interact with: a spectral embedding of a network of complexes."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse
from scipy.sparse.linalg import LinearOperator, eigsh

from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.text import whole_lines

NONE = ("", "None", "NA", "nan")


def read_complexes(path: Path, spec: dict[str, Any]) -> list[list[str]]:
    """The members of each complex, or the two of each interaction: a line each of a table with tabs between.

    spec: members (columns, whose names, with `separator` between, are of one complex), where {column: its value on
    lines that count}, dimensions. A line with fewer than two members tells nothing. Raises BadInput on a table without
    such columns, and on one of too few proteins for the dimensions.
    """
    rows = csv.reader((line for _, line in whole_lines(path)), delimiter="\t")
    found = []
    try:
        header = [name.strip() for name in next(rows, [])]
        for name in [*spec["members"], *spec["where"]]:
            if header.count(name) != 1:
                reason = "is missing" if name not in header else "stands twice"
                raise BadInput(path, f"column {name!r}", reason, f"Its columns are {', '.join(header) or 'none'}.")
        members = [header.index(name) for name in spec["members"]]
        where = {header.index(name): value for name, value in spec["where"].items()}
        for row in rows:
            if len(row) != len(header):
                raise BadInput(path, f"line {rows.line_num}", "has not the columns of the header", "Correct it.")
            if all(row[place].strip() == value for place, value in where.items()):
                names = {name.strip() for place in members for name in row[place].split(spec["separator"])}
                found.append(sorted(names - set(NONE)))
    except csv.Error as error:
        raise BadInput(path, "", f"is no table ({error})", "Correct it.") from error
    found = [names for names in found if len(names) > 1]
    if len({name for names in found for name in names}) <= spec["dimensions"] + 1:
        reason = f"holds too few proteins for {spec['dimensions']} dimensions"
        raise BadInput(path, "", reason, "Lower `dimensions`, or see to `members` and `where`.")
    return found


def spectral_embedding(complexes: Iterable[list[str]], dimensions: int) -> tuple[list[str], np.ndarray]:
    """Genes (sorted) and their vectors (G, D) float64.

    Two members of a complex of n are tied by 1 / (n - 1), summed over complexes. To each pair of genes comes the mean
    tie (Amini et al. 2013, doi:10.1214/13-AOS1138), so that small parts of a network that hangs together in none do
    not each take an axis. The axes are the eigenvectors of the normalized network with the greatest eigenvalues, but
    for the first, which is that of degrees, and each times the square root of its eigenvalue's size.
    """
    complexes = list(complexes)
    genes = sorted({name for names in complexes for name in names})
    place = {gene: at for at, gene in enumerate(genes)}
    rows = np.concatenate([[place[name] for name in names] for names in complexes])
    sizes = np.array([len(names) for names in complexes])
    columns = np.repeat(np.arange(len(complexes)), sizes)
    of = scipy.sparse.csr_matrix((np.sqrt(1 / (sizes[columns] - 1)), (rows, columns)), (len(genes), len(complexes)))
    ties = (of @ of.T).tolil()
    ties.setdiag(0)
    ties = ties.tocsr()
    degree = np.asarray(ties.sum(1)).ravel()
    everywhere = degree.mean() / len(genes)
    scale = 1 / np.sqrt(degree + degree.mean())

    def times(vector: np.ndarray) -> np.ndarray:
        scaled = scale * vector.ravel()
        return scale * (ties @ scaled + everywhere * scaled.sum())

    normalized = LinearOperator((len(genes), len(genes)), matvec=times, dtype=float)
    values, axes = eigsh(normalized, dimensions + 1, which="LA", v0=np.ones(len(genes)))
    order = np.argsort(-values)[1:]
    axes = axes[:, order] * np.sign(axes[np.abs(axes[:, order]).argmax(0), order])
    return genes, axes * np.sqrt(np.abs(values[order])) * np.sqrt(len(genes))
