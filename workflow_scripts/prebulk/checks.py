"""Limits that one key of the section `prebulk` sets to another, or that the reader of a format sets."""

from __future__ import annotations

from collections.abc import Iterator

from workflow_scripts.settings.literals import literal
from workflow_scripts.settings.settings import Fault, Settings

ARCHS4 = ("archs4", "archs4py")  # readers of files whose metadata archs4py searches


def faults(settings: Settings) -> Iterator[Fault]:
    section = settings.section("prebulk")
    if section is None:
        return
    if settings.section("reference") is None:
        yield "prebulk", "without `reference`", "a section `reference` beside it"
    parts = [section["splits"][name] for name in ("train", "validation", "test")]
    if abs(sum(parts) - 1) > 1e-6:
        yield "prebulk/splits", f"parts that add up to {sum(parts):g}", "parts that add up to 1"
    readers = literal("workflow_scripts.prebulk.readers.registry", "READERS")
    for name, corpus in section["corpora"].items():
        reader = readers[corpus["format"]]
        fields = literal(reader, "FIELDS")
        if "search" in corpus and corpus["format"] not in ARCHS4:
            yield f"prebulk/corpora/{name}/search", f"with format `{corpus['format']}`", f"one of {', '.join(ARCHS4)}"
        for part, own, free in (("group", "GROUPS", ["field"]), ("label", "LABELS", ["field", "none"])):
            place, given, known = f"prebulk/corpora/{name}/{part}", corpus[part], [*literal(reader, own), *free]
            if given["by"] not in known:
                yield f"{place}/by", f"{given['by']!r} of `{corpus['format']}`", f"one of {', '.join(known)}"
            elif given["by"] == "field" and fields is not None and given["field"] not in fields:
                yield f"{place}/field", f"{given['field']!r} of `{corpus['format']}`", f"one of {', '.join(fields)}"
    for name in section["duplicates"]["prefer"]:
        if name not in section["corpora"]:
            corpora = ", ".join(section["corpora"])
            yield "prebulk/duplicates/prefer", repr(name), f"names of prebulk/corpora, which are {corpora}"
