"""What the circuits hold, for rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workflow_scripts.settings.settings import Settings


def told(settings: Settings, key: str, file: str) -> Callable[..., list[str]]:
    """For a rule's input: the file that is made of what a network gives at `key`, where it gives it."""
    return lambda wildcards: [file] if settings.section(f"circuit/networks/{wildcards.network}/{key}") else []
