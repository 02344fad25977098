"""What the keys of the section `reference` need of each other."""

from __future__ import annotations

from collections.abc import Iterator

from workflow_scripts.settings.settings import Fault, Settings


def faults(settings: Settings) -> Iterator[Fault]:
    section = settings.section("reference")
    if section is None:
        return
    if "gtf" not in section and "proteome" not in section:
        yield "reference", "neither `gtf` nor `proteome`", "one of them, which says what the genes are"
    elif "gtf" not in section and "lengths" not in section:
        yield "reference", "neither `gtf` nor `lengths`", "one of them, which says how long the genes are"
    for key in ("chromosomes", "chromosome_aliases"):
        if section.get(key) and "genome" not in section:
            yield f"reference/{key}", "without `genome`", "the genome whose chromosomes have other spellings"
    seen: dict[str, str] = {}
    for name, spellings in section["chromosomes"].items():
        for spelling in [spellings] if isinstance(spellings, str) else spellings:
            if seen.setdefault(spelling, name) != name:
                given = f"{spelling!r} of {seen[spelling]} and of {name}"
                yield "reference/chromosomes", given, "each spelling for one chromosome"
