"""Limits that one key of the section `esm2` sets to another."""

from __future__ import annotations

from collections.abc import Iterator

from workflow_scripts.settings.settings import Fault, Settings


def faults(settings: Settings) -> Iterator[Fault]:
    models = settings.section("esm2/models") or {}
    if models and settings.section("reference") is None:
        yield "esm2", "without `reference`", "a section `reference` beside it"
    elif models and settings.section("reference/proteome") is None:
        yield "esm2", "without `reference/proteome`", "the proteome whose proteins are embedded, or no models"
    for name, model in models.items():
        if model["stride"] > model["window"]:
            yield f"esm2/models/{name}/stride", str(model["stride"]), f"at most its window, {model['window']}"
