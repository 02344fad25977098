"""What the keys of the section `reference` need of each other."""

from __future__ import annotations

from collections.abc import Iterator

from workflow_scripts.settings.settings import Fault, Settings


def faults(settings: Settings) -> Iterator[Fault]:
    section = settings.section("reference")
    if section is None or "gtf" in section:
        return
    if "proteome" not in section:
        yield "reference", "neither `gtf` nor `proteome`", "one of them, which says what the genes are"
    elif "lengths" not in section:
        yield "reference", "neither `gtf` nor `lengths`", "one of them, which says how long the genes are"
