"""Limits of the section `download` that its schema does not state."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from workflow_scripts.io.addresses import has_credentials
from workflow_scripts.settings.datasets import NO_CREDENTIALS
from workflow_scripts.settings.paths import is_folder
from workflow_scripts.settings.settings import Fault, Settings


def faults(settings: Settings) -> Iterator[Fault]:
    mirror = settings.section("download/mirror")
    if mirror and has_credentials(mirror):
        yield "download/mirror", repr(mirror), NO_CREDENTIALS
    if mirror == "simulate" and settings.section("simulate") is None:
        yield "download/mirror", "'simulate'", "a section `simulate` beside it, or another mirror"
    if is_folder(mirror) and not settings.section("download/public_fallback") and not Path(mirror).is_dir():
        yield "download/mirror", repr(mirror), "a folder that is there, or `public_fallback: true` beside it"
    refused = {licence.casefold() for licence in settings.section("download/refused_licences") or ()}
    for name in settings.named_at():
        licence = settings.datasets[name]["licence"] if name in settings.datasets else ""
        if licence.casefold() in refused:
            yield "download/refused_licences", repr(licence), f"what no file has that is named; {name} has it"
