"""Tables of levels as DREAM4 lays them out: a header with the names of genes, and a line a measurement.

Fields are separated by tabs, names may be quoted. Of a time series the first column is the time, and a line without
fields parts it from the next. Line ends are those of any system, those of CR alone among them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.text import whole_lines

REMEDY = "Correct the file, or download it again."


class Levels(NamedTuple):
    """genes (G names), values (N, G) float64, NaN where a field is empty or NA, block (N,) of empty lines before."""

    genes: list[str]
    values: np.ndarray
    block: np.ndarray


def fields(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(number of the line, its fields without quotes); an empty line has none."""
    for number, line in whole_lines(path):
        text = line.strip("\r\n")
        yield number, [field.strip().strip('"') for field in text.split("\t")] if text.strip() else []


def read_levels(path: Path, genes: list[str] | None = None) -> Levels:
    """Read a table of levels; raise BadInput where its header is not that of `genes`, and where a field is no level."""
    lines = fields(path)
    number, header = next(lines, (1, []))
    if len(set(header)) < len(header) or len(header) < 2 or "" in header:
        raise BadInput(path, f"line {number}", "the header does not name genes, each once", REMEDY)
    if genes is not None and header != genes:
        differ = next(
            (pair for pair in zip(header, genes, strict=False) if pair[0] != pair[1]), (header[-1], genes[-1])
        )
        reason = (
            f"its {len(header)} names are not the {len(genes)} genes of the other tables: {differ[0]} for {differ[1]}"
        )
        raise BadInput(path, f"line {number}", reason, "Give tables of the same genes, in one order.")
    rows, block, empty = [], [], 0
    for number, found in lines:
        if not found:
            empty += 1
            continue
        if len(found) != len(header):
            raise BadInput(path, f"line {number}", f"holds {len(found)} fields, the header {len(header)}", REMEDY)
        rows.append([_level(path, number, name, field) for name, field in zip(header, found, strict=True)])
        block.append(empty)
    if not rows:
        raise BadInput(path, "", "holds no measurement", REMEDY)
    return Levels(header, np.array(rows), np.array(block))


def _level(path: Path, number: int, name: str, field: str) -> float:
    if field in ("", "NA", "NaN", "nan"):
        return np.nan
    try:
        value = float(field)
    except ValueError:
        value = np.inf
    if not np.isfinite(value):
        raise BadInput(path, f"line {number}, {name}", f"{field!r} is no level", REMEDY)
    return value


def read_series(path: Path, genes: list[str] | None) -> tuple[Levels, np.ndarray]:
    """The levels of time series, `block` counting these from 0, and their times (N,).

    Raises BadInput where a series goes back in time, or has no time.
    """
    table = read_levels(path, None if genes is None else [next(fields(path))[1][0], *genes])
    times, block = table.values[:, 0], np.unique(table.block, return_inverse=True)[1]
    for series in range(block[-1] + 1):
        of = times[block == series]
        if not np.isfinite(of).all() or (np.diff(of) <= 0).any():
            back = next((f"{b:g} after {a:g}" for a, b in zip(of, of[1:], strict=False) if not b > a), "no time")
            remedy = "Sort each series by time, and part series by an empty line."
            raise BadInput(path, f"series {series + 1}", f"its times do not rise: {back}", remedy)
    return Levels(table.genes[1:], table.values[:, 1:], block), times
