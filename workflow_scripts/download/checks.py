"""Limits that one key of the section `download` sets to another."""

from __future__ import annotations

from collections.abc import Iterator

from workflow_scripts.settings.settings import Fault, Settings


def faults(settings: Settings) -> Iterator[Fault]:
    if settings.section("download/mirror") == "simulate" and settings.section("simulate") is None:
        yield "download/mirror", "'simulate'", "a section `simulate` beside it, or another mirror"
