"""Limits that one key of `circuit/enhancers` sets to another, for `checks`; it needs the standard library alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

# In names of columns (small letters and digits alone) that tell what came of an experiment, or how well it could see it
OUTCOMES = (
    "effectsize", "significan", "pval", "qval", "fdr", "power", "regulated", "validconnection", "directrate",
    "indirectrate", "directvsindirect", "logfc", "foldchange", "zscore", "pctchange",
)  # fmt: skip


def faults(tables: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """(key path, what was given, what is allowed) of each fault of the completed section `circuit/enhancers`."""
    for name, section in tables.items():
        place, columns = f"circuit/enhancers/{name}", section["columns"]
        for feature in section["features"]:
            plain = "".join(filter(str.isalnum, feature)).lower()
            known = [word for word in OUTCOMES if word in plain]
            if known:
                given = f"{feature}, by its name ({known[0]}) an outcome of the experiment"
                yield f"{place}/features", given, "columns that are known of a pair without one"
            if feature in columns.values():
                yield f"{place}/features", feature, "columns that `columns` does not name"
        for feature in section["activity"]:
            if feature not in section["features"]:
                yield f"{place}/activity", feature, f"some of the features: {', '.join(section['features'])}"
        if not (columns["tss"] or columns["distance"]):
            yield f"{place}/columns", "neither `tss` nor `distance`", "one of them"
        network = section["fit"]["network"]
        if network["dim"] % network["heads"]:
            yield f"{place}/fit/network/dim", str(network["dim"]), f"a multiple of heads, {network['heads']}"
