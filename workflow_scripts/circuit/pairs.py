"""Tables of element-gene pairs, as EngreitzLab/CRISPR_comparison has them, to EnhancerPairs.

Text with tabs (commas in a .csv) between columns, plain or gzipped, lines in any order and with any ends.
"""

from __future__ import annotations

import csv
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workflow_scripts.contracts.enhancer_pairs import KEYS, PREFIX
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.text import whole_lines

UNKNOWN = ("", "NA", "NaN", "nan")
TRUTH = {"true": True, "1": True, "false": False, "0": False}
CORRECT = "Correct the table."
LEAST = 4  # chromosomes with regulated pairs and others
log = logging.getLogger(__name__)


def read_pairs(path: Path, spec: dict[str, Any]) -> pd.DataFrame:
    """The EnhancerPairs of a table, sorted.

    spec: columns (of the table: chrom, start, end, gene, regulated; gene_chrom, tss, distance and valid, each empty
    where it has none), features {column: scale}, activity (some of these), max_distance (bp), unfit (`refuse` or
    `drop`). A TSS of 0 is none, as those tables have it. Raises BadInput, which names the first line at fault.
    """
    columns = {role: name for role, name in spec["columns"].items() if name}
    table = _table(path, [*columns.values(), *spec["features"]])
    whole = {role: _whole(path, table, columns[role]) for role in ("start", "end")}
    pairs = pd.DataFrame({"chrom": table[columns["chrom"]], **whole, "gene": table[columns["gene"]]})
    for role in ("chrom", "gene"):
        _refuse(path, pairs[role] == "", f"no name in column {columns[role]!r}")
    _refuse(path, (pairs["start"] < 0) | (pairs["start"] >= pairs["end"]), "an element that ends before it starts")
    tss = _numbers(path, table, columns["tss"]) if "tss" in columns else pd.Series(np.nan, table.index)
    pairs["tss"] = tss.where(tss > 0).astype("Int64")
    pairs["distance"] = _distance(path, table, columns, pairs)
    pairs["regulated"] = _regulated(path, table, columns)
    for name, scale in spec["features"].items():
        pairs[PREFIX + name] = _numbers(path, table, name, known=TRUTH)
        if scale == "log" or name in spec["activity"]:
            _refuse(path, pairs[PREFIX + name] < 0, f"column {name!r} is below 0")
    pairs = _fit(path, table, columns, pairs, spec)
    first = pairs.groupby("gene")["chrom"].transform("first")
    _refuse(path, pairs["chrom"] != first, "a gene that other lines have on another chromosome")
    twice = pairs.duplicated(KEYS)
    _refuse(path, twice, "a second row for the same element and gene")
    return pairs.sort_values(KEYS, ignore_index=True)


def require_classes(pairs: pd.DataFrame, where: Path | str) -> None:
    """Raise BadInput unless there are chromosomes enough to fit by, to stop by, to choose by and to test on."""
    both = pairs.dropna(subset="regulated").groupby("chrom")["regulated"].nunique().eq(2).sum()
    if both < LEAST:
        positives = f"{pairs['regulated'].sum()} of {pairs['regulated'].notna().sum()} tested pairs are regulated"
        reason = f"{positives}; {both} chromosomes have both kinds"
        raise BadInput(where, "", reason, f"Give a table with both kinds on {LEAST} chromosomes at least.")


def _table(path: Path, needed: list[str]) -> pd.DataFrame:
    """The needed columns as text; the index is the number of the line."""
    comma = path.name.removesuffix(".gz").endswith(".csv")
    found: list[list[str]] = []
    lines: list[int] = []
    rows = csv.reader((line for _, line in whole_lines(path)), delimiter="," if comma else "\t")
    try:
        header = [name.removeprefix("\ufeff").strip() for name in next(rows, [])]
        for name in needed:
            if header.count(name) != 1:
                reason = "is missing" if name not in header else "stands twice"
                listed = ", ".join(header) or "none"
                remedy = f"Its columns are {listed}: name them in the configuration."
                raise BadInput(path, f"column {name!r}", reason, remedy)
        places = [header.index(name) for name in dict.fromkeys(needed)]
        for row in rows:
            if len(row) != len(header):
                raise BadInput(path, f"line {rows.line_num}", "has not the columns of the header", CORRECT)
            found.append([row[place].strip() for place in places])
            lines.append(rows.line_num)
    except csv.Error as error:
        raise BadInput(path, "", f"is no table ({error})", CORRECT) from error
    if not found:
        raise BadInput(path, "", "holds no pair", "Give a table with a line for each pair.")
    return pd.DataFrame(found, index=lines, columns=list(dict.fromkeys(needed)))


def _numbers(path: Path, table: pd.DataFrame, name: str, known: dict[str, bool] | None = None) -> pd.Series:
    """A column as float64, NaN where it is unknown; `known`: words that stand for numbers."""
    text = table[name].where(~table[name].isin(UNKNOWN))
    said = text.str.lower().map(known or {}).astype(float)
    numbers = said.fillna(pd.to_numeric(text, errors="coerce").astype(float))
    _refuse(path, text.notna() & ~np.isfinite(numbers), f"column {name!r} holds what is no number")
    return numbers


def _whole(path: Path, table: pd.DataFrame, name: str) -> pd.Series:
    numbers = _numbers(path, table, name)
    _refuse(path, numbers.isna() | (numbers % 1 != 0), f"column {name!r} holds what is no whole number")
    return numbers.astype("int64")


def _distance(path: Path, table: pd.DataFrame, columns: dict[str, str], pairs: pd.DataFrame) -> pd.Series:
    """As the table has it; without such a column from the middle of the element to the TSS."""
    if "gene_chrom" in columns:
        _refuse(path, table[columns["gene_chrom"]] != pairs["chrom"], "an element and a gene of two chromosomes")
    if "distance" in columns:
        found = _numbers(path, table, columns["distance"]).abs()
    else:
        found = ((pairs["start"] + pairs["end"]) // 2 - pairs["tss"].astype("Float64")).abs().astype(float)
    _refuse(path, found.isna(), "a gene without a TSS, of which no distance is known either")
    return found.round().astype("int64")


def _regulated(path: Path, table: pd.DataFrame, columns: dict[str, str]) -> pd.Series:
    name = columns["regulated"]
    text = table[name].where(~table[name].isin(UNKNOWN))
    found = text.str.lower().map(TRUTH)
    _refuse(path, text.notna() & found.isna(), f"column {name!r} holds neither TRUE nor FALSE")
    return found.astype("boolean")


def _fit(
    path: Path, table: pd.DataFrame, columns: dict[str, str], pairs: pd.DataFrame, spec: dict[str, Any]
) -> pd.DataFrame:
    """Without the pairs that can be none: too far apart, or no valid ones as the table says (an own promoter, say)."""
    limit = spec["max_distance"]
    reasons = {f"farther apart than max_distance, {limit:,} bp": pairs["distance"] > limit}
    if "valid" in columns:
        said = table[columns["valid"]]
        for word in sorted(said[said.str.lower() != "true"].unique()):
            reasons[f"no valid pair, as column {columns['valid']!r} says: {word or 'nothing'}"] = said == word
    kept = pd.Series(True, pairs.index)
    for reason, out in reasons.items():
        if spec["unfit"] == "refuse":
            _refuse(path, out, reason, "Leave such pairs out of the table, or set `unfit: drop`.")
        if (out & kept).any():
            log.info("%s: dropped %d pairs, %s", path.name, (out & kept).sum(), reason)
        kept &= ~out
    if not kept.any():
        raise BadInput(path, "", "holds no pair that is left", "See the log for what was dropped, and why.")
    return pairs[kept]


def _refuse(path: Path, fault: pd.Series, reason: str, remedy: str = CORRECT) -> None:
    """Raise BadInput with the first line of a fault (bool, by number of the line), if there is any."""
    if fault.any():
        others = f" (and {fault.sum() - 1} more)" if fault.sum() > 1 else ""
        raise BadInput(path, f"line {fault.idxmax()}{others}", reason, remedy)
