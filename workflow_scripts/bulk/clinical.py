"""How long patients lived, of tables that a user declares."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pandas as pd

from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.text import whole_lines

UNKNOWN = ("", "NA", "NaN", "nan", "[Not Available]")
EVENTS = {"0": False, "0.0": False, "1": True, "1.0": True}


def read_clinical(paths: list[Path], spec: dict[str, Any]) -> pd.DataFrame:
    """What is known of samples (index sample_id): time float64, as the tables have it, and event bool (True: died).

    Tables as UCSC Xena has them: tabs between columns (commas in a .csv), plain or gzipped; spec: `bulk/survival`,
    which names their columns. Rows without a time or an event are left out. Raises BadInput on a missing column, on a
    line that has not the columns of the header, on a time that is no number of 0 or more, on an event other than 0 or
    1, and on a sample with two rows that differ.
    """
    found: dict[str, tuple[float, bool]] = {}
    for path in paths:
        try:
            _read(path, [spec[f"{name}_column"] for name in ("sample", "time", "event")], found)
        except csv.Error as error:
            raise BadInput(path, "", f"is no table ({error})", "Correct the table.") from error
    table = pd.DataFrame(found.values(), index=pd.Index(found, dtype=object), columns=["time", "event"])
    return table.astype({"time": float, "event": bool}).rename_axis("sample_id")


def _read(path: Path, columns: list[str], found: dict[str, tuple[float, bool]]) -> None:
    comma = path.name.removesuffix(".gz").endswith(".csv")
    rows = csv.DictReader((line for _, line in whole_lines(path)), delimiter="," if comma else "\t")
    for name in columns:
        if name not in (rows.fieldnames or []):
            remedy = f"Its columns are {', '.join(rows.fieldnames or ['none'])}: name them in bulk/survival."
            raise BadInput(path, f"column {name!r}", "is missing", remedy)
    for row in rows:
        place = f"line {rows.line_num}"
        if None in row or None in row.values():  # what the reader says of a line too long or too short
            raise BadInput(path, place, "has not the columns of the header", "Correct the table.")
        sample, time, event = (row[name].strip() for name in columns)
        if time in UNKNOWN or event in UNKNOWN:
            continue
        known = _time(path, place, time), _event(path, place, event)
        if found.setdefault(sample, known) != known:
            raise BadInput(path, place, f"a second row for {sample}, which differs", "Keep one row for each sample.")


def _time(path: Path, place: str, text: str) -> float:
    try:
        time = float(text)
    except ValueError:
        time = float("nan")
    if not 0 <= time < float("inf"):
        raise BadInput(path, place, f"the time {text!r} is no number of 0 or more", "Correct the table.")
    return time


def _event(path: Path, place: str, text: str) -> bool:
    if text not in EVENTS:
        raise BadInput(path, place, f"the event {text!r} is neither 0 nor 1", "Correct the table.")
    return EVENTS[text]
