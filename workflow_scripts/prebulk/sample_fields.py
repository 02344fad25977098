"""Group and label of samples, from the fields that a source has of them."""

from __future__ import annotations

import re

import pandas as pd


def group_fields(spec: dict, known: dict[str, list[str]]) -> list[str]:
    """The fields that the group of a sample is made of: `spec`: the section `group`; known: GROUPS of the reader."""
    return [spec["field"]] if spec["by"] == "field" else known[spec["by"]]


def label_fields(spec: dict, known: dict[str, list[str]]) -> list[str]:
    """The fields that the label of a sample is made of, none of `by: none`; known: LABELS of the reader."""
    return group_fields(spec, {"none": [], **known})


def joined(samples: pd.DataFrame, fields: list[str], pattern: str) -> pd.Series:
    """The text of `fields` with a blank between, "" without any; of a `pattern` the first group that matched."""
    if not fields:
        return pd.Series("", index=samples.index, dtype=object)
    text = samples[fields[0]].astype(str)
    for field in fields[1:]:
        text = text + " " + samples[field].astype(str)
    return _matched(text, pattern)


def _matched(values: pd.Series, pattern: str) -> pd.Series:
    values = values.astype(str).str.strip()
    if not pattern:
        return values
    compiled = re.compile(pattern)

    def first(value: str) -> str:
        found = compiled.search(value)
        if not found:
            return ""
        return next((group for group in found.groups() if group is not None), found[0])

    return values.map(first).astype(object)
