"""Constants and functions of modules that are too heavy to import while Snakemake parses, read off their source.

So what a reader, a model or a protocol says of itself stands with it alone, and the checks of a configuration know it.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parent.parent


def literal(module: str, name: str) -> Any:
    """The value of the constant `name` of `module` (dotted), which is a literal: text, numbers, lists, dictionaries."""
    return ast.literal_eval(_constants(module)[name])


def entries(module: str) -> list[str]:
    """The keys of the one dictionary at the top of `module` (dotted): the names in a registry."""
    (registry,) = [value for value in _constants(module).values() if isinstance(value, ast.Dict)]
    return [ast.literal_eval(key) for key in registry.keys]


def defines(module: str, function: str) -> bool:
    """Whether `module` (dotted) has a function of that name."""
    return any(isinstance(node, ast.FunctionDef) and node.name == function for node in _statements(module))


@cache
def _statements(module: str) -> list[ast.stmt]:
    path = PACKAGE.joinpath(*module.split(".")[1:]).with_suffix(".py")
    return ast.parse(path.read_text(encoding="utf-8")).body


@cache
def _constants(module: str) -> dict[str, ast.expr]:
    found = {}
    for node in _statements(module):
        if isinstance(node, ast.Assign | ast.AnnAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name):
                found[target.id] = node.value
    return found
