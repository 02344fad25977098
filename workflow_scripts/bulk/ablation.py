"""The variants of a run that an ablation trains: each of its changes, and none, with every seed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workflow_scripts.bulk.space import laid_over
from workflow_scripts.contracts.variants import UNCHANGED, Variant


def variants(ablations: dict[str, Any]) -> Iterator[Variant]:
    """Every variant of every ablation of `bulk/ablations`."""
    for ablation, of in ablations.items():
        for change in (UNCHANGED, *of["changes"]):
            yield from (Variant(ablation, change, str(seed)) for seed in of["seeds"])


def place_of(variant: Variant) -> str:
    """Where in the configuration stands what a variant changes."""
    return f"bulk/ablations/{variant.ablation}/changes/{variant.change}"


def section_of(variant: Variant, bulk: dict[str, Any]) -> dict[str, Any]:
    """The section of a variant, as of `bulk/runs`, not yet checked; bulk: the section of that name, completed.

    Raises KeyError or TypeError where a key path leads through what is no section of the run.
    """
    ablation = bulk["ablations"][variant.ablation]
    changes = ablation["changes"].get(variant.change, {})
    return laid_over(bulk["runs"][ablation["run"]], {**changes, "seed": int(variant.seed)})
