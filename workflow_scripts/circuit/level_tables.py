"""Tables of levels as DREAM4 lays them out: a header with the names of genes, and a line a measurement.

Fields are separated by tabs, names may be quoted. Of a time series the first column is the time, and a line without
fields parts it from the next. Where each line says itself what was done, it begins with perturbation, series and time.
Line ends are those of any system, those of CR alone among them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from workflow_scripts.contracts.perturbations import joined, parsed
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.text import whole_lines

REMEDY = "Correct the file, or download it again."
TOLD = ["perturbation", "series", "time"]  # the first columns of a table whose lines say what was done


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
    _require_genes(path, number, header, genes)
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


def _require_genes(path: Path, number: int, header: list[str], genes: list[str] | None) -> None:
    """Raise BadInput where a header does not name genes, or others than these."""
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


def read_perturbed(path: Path, genes: list[str] | None) -> tuple[Levels, pd.DataFrame]:
    """Levels under perturbations of any kind, and of each line `perturbation`, `series` ("" at rest) and `time` (NaN).

    A perturbation is text as in `contracts/perturbations`, what acts from that time on; empty where nothing does. Lines
    of a series stand in order of time, and a gene is perturbed throughout a series or never. Raises BadInput.
    """
    lines = fields(path)
    number, header = next(lines, (1, []))
    if header[:3] != TOLD:
        raise BadInput(path, f"line {number}", f"does not begin with {', '.join(TOLD)}", REMEDY)
    _require_genes(path, number, header[3:], genes)
    known, of_series, rows, told = set(header[3:]), {}, [], []
    for number, found in lines:
        if not found:
            continue
        if len(found) != len(header):
            raise BadInput(path, f"line {number}", f"holds {len(found)} fields, the header {len(header)}", REMEDY)
        done = parsed(found[0], f"{path}, line {number}")
        for one in done:
            if one.kind != "chemical" and one.target not in known:
                reason = f"{one.target} is none of the {len(known)} genes of the table"
                raise BadInput(path, f"line {number}", reason, "Correct its name, or leave the line out.")
        series, time = found[1], _level(path, number, "time", found[2])
        if (series == "") != np.isnan(time):
            raise BadInput(path, f"line {number}", "has a series without a time, or a time without a series", REMEDY)
        genes_at = joined([one for one in done if one.kind != "chemical"])
        last, before = of_series.get(series, (-np.inf, genes_at))
        if series and not time > last:
            remedy = "Sort each series by time, and name no time twice."
            raise BadInput(path, f"line {number}", f"series {series} goes from {last:g} to {time:g}", remedy)
        if series and genes_at != before:
            reason = f"another gene is perturbed than before in series {series}"
            raise BadInput(path, f"line {number}", reason, "Make it a series of its own; compounds may come and go.")
        of_series[series] = time, genes_at
        rows.append([_level(path, number, *field) for field in zip(header[3:], found[3:], strict=True)])
        told.append((joined(done), series, time))
    if not rows:
        raise BadInput(path, "", "holds no measurement", REMEDY)
    return Levels(header[3:], np.array(rows), np.zeros(len(rows), int)), pd.DataFrame(told, columns=TOLD)
