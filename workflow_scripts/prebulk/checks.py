"""Limits that one key of the section `prebulk` sets to another, or that the reader of a format sets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workflow_scripts.settings.literals import literal
from workflow_scripts.settings.settings import Fault, Settings

ARCHS4 = ("archs4", "archs4py")  # readers of files whose metadata archs4py searches


def faults(settings: Settings) -> Iterator[Fault]:
    section = settings.section("prebulk")
    if section is None:
        return
    if settings.section("reference") is None:
        yield "prebulk", "without `reference`", "a section `reference` beside it"
    yield from _of_splits(section)
    if all(corpus["predict_only"] for corpus in section["corpora"].values()):
        yield "prebulk/corpora", "none but new samples (`predict_only`)", "a corpus to learn from"
    readers = literal("workflow_scripts.prebulk.readers.registry", "READERS")
    for name, corpus in section["corpora"].items():
        place = f"prebulk/corpora/{name}"
        yield from _of_format(place, corpus, readers[corpus["format"]])
        yield from _of_fields(place, corpus, readers[corpus["format"]])
    for name in section["duplicates"]["prefer"]:
        if name not in section["corpora"]:
            corpora = ", ".join(section["corpora"])
            yield "prebulk/duplicates/prefer", repr(name), f"names of prebulk/corpora, which are {corpora}"


def _of_splits(section: dict[str, Any]) -> Iterator[Fault]:
    splits = section["splits"]
    corpora = [name for name, corpus in section["corpora"].items() if not corpus["predict_only"]]
    listed = {name: splits[name] for name in ("train", "test")}
    if splits["by"] == "group":
        for name, given in listed.items():
            if isinstance(given, list):
                yield f"prebulk/splits/{name}", f"{given} with `by: group`", "a part of the samples (0 to 1)"
                return
        total = sum([*listed.values(), splits["validation"]])
        if abs(total - 1) > 1e-6:
            yield "prebulk/splits", f"parts that add up to {total:g}", "parts that add up to 1"
        return
    for name, given in listed.items():
        place = f"prebulk/splits/{name}"
        if not isinstance(given, list):
            yield place, f"{given} with `by: corpus`", f"a list of corpora, which are {', '.join(corpora)}"
            return
        for corpus in given:
            if corpus not in corpora:
                yield place, repr(corpus), f"names of prebulk/corpora, which are {', '.join(corpora)}"
    both = sorted(set(listed["train"]) & set(listed["test"]))
    if both:
        yield "prebulk/splits/test", f"{both[0]!r}, which is in `train`", "corpora that are not in `train`"


def _of_format(place: str, corpus: dict[str, Any], reader: str) -> Iterator[Fault]:
    """What the format of a corpus allows and asks for."""
    named, scales = corpus["format"], literal(reader, "SCALES")
    options, needs = literal(reader, "OPTIONS"), literal(reader, "NEEDS")
    if "search" in corpus and named not in ARCHS4:
        yield f"{place}/search", f"with format `{named}`", f"one of {', '.join(ARCHS4)}"
    if "scale" not in corpus and len(scales) > 1:
        yield f"{place}/scale", "none", f"what the values are: one of {', '.join(scales)}"
    if "scale" in corpus and corpus["scale"] not in scales:
        yield f"{place}/scale", f"{corpus['scale']!r} of `{named}`", f"one of {', '.join(scales)}"
    for key in ("samples_in", "layer", "qc", "strandedness"):
        if key in corpus and key not in options:
            yield f"{place}/{key}", f"with format `{named}`", "a format that has it; leave the key out"
    one_sample, parts = literal(reader, "IN_FOLDER"), corpus["shards_per_file"]
    if one_sample and parts > 1:
        yield f"{place}/shards_per_file", f"{parts}, with format `{named}`", "1; see files_per_shard"
    if not one_sample and "counts" not in corpus:
        yield f"{place}/counts", f"none, with format `{named}`", "files of counts"
    asked = {
        "samples": "a sample sheet",
        "qc": "recount_qc tables",
        "strandedness": "unstranded, forward or reverse, as the library was made",
    }
    for key, what in asked.items():
        if key in needs and key not in corpus:
            yield f"{place}/{key}", f"none, with format `{named}`", what


def _of_fields(place: str, corpus: dict[str, Any], reader: str) -> Iterator[Fault]:
    """Where group and label of a corpus come from."""
    fields = literal(reader, "FIELDS")
    for part, own, free in (("group", "GROUPS", ["field"]), ("label", "LABELS", ["field", "none"])):
        given, known = corpus[part], [*literal(reader, own), *free, "sheet"]
        if given["by"] not in known:
            yield f"{place}/{part}/by", f"{given['by']!r} of `{corpus['format']}`", f"one of {', '.join(known)}"
        elif given["by"] == "sheet" and "samples" not in corpus and not corpus["predict_only"]:
            yield f"{place}/{part}", "none", f"`samples`, a sheet with a column {part}, or one of {', '.join(known)}"
        elif given["by"] == "field" and "samples" not in corpus and given["field"] not in (fields or [given["field"]]):
            yield f"{place}/{part}/field", f"{given['field']!r} of `{corpus['format']}`", f"one of {', '.join(fields)}"
