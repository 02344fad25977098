"""Registries: what can be chosen by name, one entry a line.

A registry is a dictionary from the name that a configuration gives to a dotted name of this project: of a module, or
of a function or class of one. It is imported when it is chosen, so that an entry needs the packages of no other. The
digest of a rule's code follows these dotted names as it follows imports (`workflow_scripts.rule.code`).
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


def load(dotted: str) -> Any:
    """The module, function or class of a dotted name."""
    try:
        return import_module(dotted)
    except ModuleNotFoundError as error:
        if error.name != dotted:  # the module is there; what it imports is not
            raise
        module, _, name = dotted.rpartition(".")
        return getattr(import_module(module), name)
