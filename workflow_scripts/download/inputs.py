"""Declared files, for rules."""

from __future__ import annotations

from collections.abc import Callable

from workflow_scripts.settings.settings import Settings, canonical


def row(settings: Settings) -> Callable[..., str]:
    """For a rule's params: the row of the sheet of declared files of one {dataset}, as canonical JSON."""
    return lambda wildcards: canonical(settings.datasets.get(wildcards.dataset))
