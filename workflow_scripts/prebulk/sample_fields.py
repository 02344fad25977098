"""Group and label of samples, from the fields that a source has of them."""

from __future__ import annotations

import re

import pandas as pd

GROUP_FIELDS = {"series": "series_id", "patient": "patient"}
LABEL_FIELDS = {"none": (), "project": ("project",), "project_and_sample_type": ("project", "sample_type")}


def needed_fields(spec: dict) -> set[str]:
    """The fields of the source that group and label of one corpus are made of."""
    return {_group_field(spec["group"]), *_label_fields(spec["label"])}


def groups(samples: pd.DataFrame, spec: dict) -> pd.Series:
    """What must never straddle splits: series (as listed), patient, or a field; "" where there is none.

    A pattern is searched in the field; its first group that matched is the group of the sample.
    """
    return _matched(samples[_group_field(spec)], spec["pattern"])


def labels(samples: pd.DataFrame, spec: dict) -> pd.Series:
    """The class of each sample; "" where it has none."""
    fields = _label_fields(spec)
    if not fields:
        return pd.Series("", index=samples.index, dtype=object)
    joined = samples[fields[0]].astype(str)
    for field in fields[1:]:
        joined = joined + " " + samples[field].astype(str)
    return _matched(joined, spec["pattern"])


def _group_field(spec: dict) -> str:
    return spec["field"] if spec["by"] == "field" else GROUP_FIELDS[spec["by"]]


def _label_fields(spec: dict) -> tuple[str, ...]:
    return (spec["field"],) if spec["by"] == "field" else LABEL_FIELDS[spec["by"]]


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
