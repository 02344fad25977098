"""Limits that one key of `circuit/perturb_seq` sets to another, for `checks`; it needs the standard library alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workflow_scripts.evaluation.cell_models import VECTORS

TAKEN = tuple(VECTORS)  # names of vectors that every set of cells has


def faults(
    sets: dict[str, dict[str, Any]], interactomes: dict[str, Any], offered: list[str]
) -> Iterator[tuple[str, str, str]]:
    """(key path, what was given, what is allowed) of each fault of the completed section `circuit/perturb_seq`.

    offered: the gene embeddings of other stages, as `stage/name`.
    """
    there = offered + [f"circuit/{name}" for name in interactomes]
    for name, section in sets.items():
        place = f"circuit/perturb_seq/{name}"
        for of, embedding in section["embeddings"].items():
            if of in TAKEN:
                yield f"{place}/embeddings/{of}", repr(of), f"a name that is none of {', '.join(TAKEN)}"
            if embedding not in there:
                yield f"{place}/embeddings/{of}", repr(embedding), f"one of {', '.join(there) or 'none: make one'}"
        if section["separator"] in section["control"]:
            given = f"{section['separator']!r}, which is in {section['control']!r}"
            yield f"{place}/separator", given, "what the name of control cells does not hold"
