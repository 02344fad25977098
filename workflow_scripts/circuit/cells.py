"""Single cells under genetic perturbations (Perturb-seq) in an .h5ad file, read in blocks of rows.

C cells, R rows (a perturbation in a context), G genes.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import scipy.sparse

from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.h5ad import LAYOUT, frame, matrix, opened

JOIN = "+"  # between the genes of a perturbation, here and in contracts/effects
SEPARATORS = "+_,;|&"  # that files part the genes of a double by
AT_ONCE = 512  # cells that are read at once
LEAST = 6  # single genes perturbed, of which folds can be made
log = logging.getLogger(__name__)


class Cells(NamedTuple):
    """Which cells there are, and in which row of effects each counts."""

    rows: pd.DataFrame  # R: perturbation, context, cells; sorted
    row: np.ndarray  # (C,) int64, -1 of a cell that counts in none
    genes: list[str]  # (G,)


class Means(NamedTuple):
    """Means over the cells of rows, float64."""

    mean: np.ndarray  # (R, G)
    halves: np.ndarray  # (2, R, G), of each half of the cells


def read_cells(path: Path, spec: dict[str, Any]) -> Cells:
    """spec: columns {perturbation, context (empty: none)}, control, separator, min_cells, as configured.

    A cell without a label is left out, and so is a perturbation of fewer than `min_cells` in its context; both are
    logged. Raises BadInput, in one line, on what cannot be read.
    """
    with opened(path) as file:
        obs, genes = frame(file, path, "obs"), [str(name) for name in frame(file, path, "var").index]
    repeated = pd.Index(genes)[pd.Index(genes).duplicated()]
    if len(repeated):
        remedy = "Give each gene one column (anndata: `var_names_make_unique`, or their sum)."
        raise BadInput(path, f"var, gene {repeated[0]!r}", "stands twice", remedy)
    labels = _column(obs, path, spec["columns"]["perturbation"])
    context = _column(obs, path, spec["columns"]["context"]) if spec["columns"]["context"] else labels * 0 + ""
    found = {label: _genes(path, label, set(labels), spec) for label in sorted(set(labels) - {""})}
    cells = pd.DataFrame({"perturbation": labels.map(found), "context": context})
    known = cells["perturbation"].notna() & (cells["context"] != "" if spec["columns"]["context"] else True)
    if not known.all():
        log.info("%d cells without a label are left out", (~known).sum())
    return _counted(path, cells[known], len(cells), genes, spec)


def _column(obs: pd.DataFrame, path: Path, name: str) -> pd.Series:
    """A column of obs as text, "" where it says nothing."""
    if name not in obs:
        remedy = f"Name one of {', '.join(map(str, obs.columns)) or 'the columns that the file should have'}."
        raise BadInput(path, f"obs/{name}", "is missing", remedy)
    text = obs[name].astype(object)
    return text.where(text.notna(), "").astype(str).str.strip().reset_index(drop=True)


def _genes(path: Path, label: str, labels: set[str], spec: dict[str, Any]) -> str:
    """The perturbed genes of a label, sorted and joined by `JOIN`; control among them is none."""
    control, separator = spec["control"], spec["separator"]
    parts = [part.strip() for part in label.split(separator)]
    if "" in parts or len(set(parts) - {control}) < len([part for part in parts if part != control]):
        reason = f"does not name genes with {separator!r} between, each once"
        raise BadInput(path, f"perturbation {label!r}", reason, "Correct the label, or name another `separator`.")
    for other in set(SEPARATORS) - {separator}:
        within = [part.strip() for part in label.split(other)]
        if len(parts) == 1 and len(within) > 1 and set(within) <= labels | {control}:
            reason = f"is {' and '.join(within)} with {other!r} between, not {separator!r}"
            raise BadInput(path, f"perturbation {label!r}", reason, f"Set `separator: {other!r}`.")
    return JOIN.join(sorted(part for part in parts if part != control))


def _counted(path: Path, cells: pd.DataFrame, number: int, genes: list[str], spec: dict[str, Any]) -> Cells:
    """cells: index (place in the file), perturbation, context, of those with a label."""
    if not (cells["perturbation"] == "").any():
        reason = f"no cell is {spec['control']!r} in column {spec['columns']['perturbation']!r}"
        raise BadInput(path, "", reason, "Name as `control` what control cells are called there.")
    counts = cells.groupby(["perturbation", "context"]).size()
    kept = counts[counts >= spec["min_cells"]]
    if len(kept) < len(counts):
        log.info("left out, of fewer than %d cells: %s", spec["min_cells"], dict(counts[counts < spec["min_cells"]]))
    rows = kept.rename("cells").reset_index()
    lacking = sorted(set(rows["context"]) - set(rows.loc[rows["perturbation"] == "", "context"]))
    if lacking:
        reason = f"has fewer than {spec['min_cells']} control cells"
        raise BadInput(path, f"context {lacking[0]!r}", reason, "Leave its cells out, or lower `min_cells`.")
    singles = {name for name in rows["perturbation"] if name and JOIN not in name}
    if len(singles) < LEAST:
        reason = f"{len(singles)} genes were perturbed alone in {spec['min_cells']} cells or more, {LEAST} are needed"
        raise BadInput(path, "", reason, "Give a file with more perturbations, or lower `min_cells`.")
    place = pd.Series(range(len(rows)), pd.MultiIndex.from_frame(rows[["perturbation", "context"]]))
    row = np.full(number, -1)
    row[cells.index] = place.reindex(pd.MultiIndex.from_frame(cells)).fillna(-1).astype(int)
    return Cells(rows, row, genes)


def blocks(path: Path, layer: str, cells: Cells, wanted: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(places, values float64 cells x genes) of the wanted cells (int64, rising), `AT_ONCE` at a time.

    Raises BadInput on a matrix of another shape, values that are no numbers, and counts.
    """
    with opened(path) as file:
        found = matrix(file, path, layer)
        name, shape = f"layers/{layer}" if layer else "X", (len(cells.row), len(cells.genes))
        if tuple(found.shape) != shape:
            raise BadInput(path, name, f"is {found.shape[0]} x {found.shape[1]}, not {shape[0]} x {shape[1]}", LAYOUT)
        whole = True
        for start in range(0, len(wanted), AT_ONCE):
            places = wanted[start : start + AT_ONCE]
            part = found[places]
            values = (part.toarray() if scipy.sparse.issparse(part) else np.asarray(part)).astype(np.float64)
            if not np.isfinite(values).all():
                cell = places[~np.isfinite(values).all(1)][0]
                raise BadInput(path, f"{name}, cell {cell + 1}", "holds what is no number", "Correct the file.")
            whole &= bool((values % 1 == 0).all())
            yield places, values
    if whole and len(wanted):
        reason = "holds whole numbers alone, as counts are, and no logarithms"
        raise BadInput(path, name, reason, "Name as `layer` one of ln(1 + counts per 10,000), or make one.")


def mean_effects(path: Path, layer: str, cells: Cells, seed: int) -> Means:
    """Means over all cells of each row and over two random halves of them; memory is a block of cells and 3 R x G."""
    half = halves(cells.row, np.random.default_rng(seed))
    number = len(cells.rows)
    sums = np.zeros((2 * number, len(cells.genes)))
    wanted = np.flatnonzero(cells.row >= 0)
    for places, values in blocks(path, layer, cells, wanted):
        np.add.at(sums, half[places] * number + cells.row[places], values)
    counts = np.bincount(half[wanted] * number + cells.row[wanted], minlength=2 * number)
    parts, each = sums.reshape(2, number, -1), counts.reshape(2, number, 1)
    return Means(parts.sum(0) / each.sum(0), parts / each)


def halves(row: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """0 or 1 of each cell (C,) int64: of each row half of its cells at random."""
    order = np.lexsort((generator.random(len(row)), row))
    starts = np.r_[0, np.flatnonzero(np.diff(row[order])) + 1]
    rank = np.arange(len(row)) - np.repeat(starts, np.diff(np.r_[starts, len(row)]))
    half = np.empty(len(row), np.int64)
    half[order] = rank % 2
    return half
