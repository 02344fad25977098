"""Group and label of samples, from the fields that a source has of them."""

from __future__ import annotations

import re

import pandas as pd

MISSING = {"", "na", "n/a", "nan", "none", "null"}  # what tables hold where nothing is known, in any case of letters


def group_fields(spec: dict, known: dict[str, list[str]]) -> list[str]:
    """The fields that the group of a sample is made of: `spec`: the section `group`; known: GROUPS of the reader."""
    return [spec["field"]] if spec["by"] == "field" else known[spec["by"]]


def label_fields(spec: dict, known: dict[str, list[str]]) -> list[str]:
    """The fields that the label of a sample is made of, none of `by: none`; known: LABELS of the reader."""
    return group_fields(spec, {"none": [], **known})


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
