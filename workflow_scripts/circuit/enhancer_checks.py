"""Limits that one key of `circuit/enhancers` sets to another."""

from __future__ import annotations

from collections.abc import Iterator

from workflow_scripts.settings.literals import literal
from workflow_scripts.settings.settings import Fault, Settings


def faults(settings: Settings) -> Iterator[Fault]:
    outcomes = literal("workflow_scripts.circuit.pairs", "OUTCOMES")
    for name, section in (settings.section("circuit/enhancers") or {}).items():
        place, columns = f"circuit/enhancers/{name}", section["columns"]
        for feature in section["features"]:
            plain = "".join(filter(str.isalnum, feature)).lower()
            known = [word for word in outcomes if word in plain]
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
