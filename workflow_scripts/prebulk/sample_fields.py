"""Group and label of samples, from the fields that a source or a sample sheet has of them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.io.errors import BadInput

MISSING = {"", "na", "n/a", "nan", "none", "null"}  # what tables hold where nothing is known, in any case of letters


def group_fields(spec: dict, known: dict[str, list[str]]) -> list[str]:
    """The fields that the group of a sample is made of: `spec`: the section `group`; known: GROUPS of the reader."""
    return _fields(spec, {"sheet": ["group"], **known})


def label_fields(spec: dict, known: dict[str, list[str]]) -> list[str]:
    """The fields that the label of a sample is made of, none of `by: none`; known: LABELS of the reader."""
    return _fields(spec, {"sheet": ["label"], "none": [], **known})


def _fields(spec: dict, known: dict[str, list[str]]) -> list[str]:
    return [spec["field"]] if spec["by"] == "field" else known[spec["by"]]


def describe(
    read: pd.DataFrame, sheet: pd.DataFrame | None, group: list[str], label: list[str], spec: dict, counts: Path
) -> pd.DataFrame:
    """What is known of samples: sample_id, group, label and the quality columns (NaN: unknown).

    read: what the reader says of the samples of `counts`; sheet: the SampleSheet, if there is one, whose columns go
    before those of the file; group, label: the fields that they are made of; spec: the section of the corpus. Raises
    BadInput where neither has a field.
    """
    found = read
    if sheet is not None:
        of_sheet = sheet.drop(columns="file").set_index("sample_id").reindex(read["sample_id"]).fillna("")
        for name in ({*group, *label} - {"sample_id"}) & {*sheet.columns}:
            found = found.assign(**{name: of_sheet[name].to_numpy(object)})
    for name in (*group, *label):
        if name not in found:
            there = ", ".join(sheet.columns[2:]) if sheet is not None else "none"
            remedy = f"Add the column, or name another field as the {'group' if name in group else 'label'}."
            raise BadInput(counts, f"field {name!r}", f"is no column of the sample sheet (it has {there})", remedy)
    classes = {given: name for name, labels in spec["label"]["classes"].items() for given in labels}
    labels = joined(found, label, spec["label"]["pattern"])
    return pd.DataFrame(
        {
            "sample_id": found["sample_id"],
            "group": joined(found, group, spec["group"]["pattern"]),
            "label": labels.map(lambda given: classes.get(given, given)),
            "singlecellprobability": found.get("singlecellprobability", np.nan),
            "alignedreads": found.get("alignedreads", np.nan),
        }
    )


def joined(samples: pd.DataFrame, fields: list[str], pattern: str) -> pd.Series:
    """The text of `fields` with a blank between; of a `pattern` the first group that matched.

    "" without fields, and where one of them, or what matched, is missing.
    """
    if not fields:
        return pd.Series("", index=samples.index, dtype=object)
    parts = [samples[field] if field == "sample_id" else _told(samples[field]) for field in fields]  # a name is told
    text = parts[0].str.cat(parts[1:], sep=" ").where(pd.concat(parts, axis=1).ne("").all(axis=1), "")
    return (_told(_matched(text, pattern)) if pattern else text).astype(object)


def _told(values: pd.Series) -> pd.Series:
    """The text of values, "" where it is one of MISSING."""
    text = values.astype(str).str.strip()
    return text.where(~text.str.casefold().isin(MISSING), "")


def _matched(values: pd.Series, pattern: str) -> pd.Series:
    compiled = re.compile(pattern)

    def first(value: str) -> str:
        found = compiled.search(value)
        if not found:
            return ""
        return next((group for group in found.groups() if group is not None), found[0])

    return values.map(first)
