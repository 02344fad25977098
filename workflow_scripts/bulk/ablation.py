"""The variants of a run that an ablation trains: each of its changes, and none, with every seed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workflow_scripts.bulk import space
from workflow_scripts.contracts.variants import UNCHANGED, Variant
from workflow_scripts.settings.errors import BadConfiguration


def variants(ablations: dict[str, Any]) -> Iterator[Variant]:
    """Every variant of every ablation of `bulk/ablations`."""
    for ablation, of in ablations.items():
        for change in (UNCHANGED, *of["changes"]):
            yield from (Variant(ablation, change, str(seed)) for seed in of["seeds"])


def place_of(variant: Variant) -> str:
    """Where in the configuration stands what a variant changes."""
    return f"bulk/ablations/{variant.ablation}/changes/{variant.change}"


def section_of(variant: Variant, bulk: dict[str, Any]) -> dict[str, Any]:
    """The section of a variant, as of `bulk/runs`, not yet checked; bulk: the section of that name, completed."""
    ablation = bulk["ablations"][variant.ablation]
    changed = laid_over(bulk["runs"][ablation["run"]], ablation["changes"].get(variant.change, {}), place_of(variant))
    return {**changed, "seed": int(variant.seed)}


def laid_over(run: dict[str, Any], values: dict[str, Any], place: str) -> dict[str, Any]:
    """A copy of the section of a run with other values, by their key paths within it (`training/batch_size`).

    Raises BadConfiguration, which names the `place` of the values, where a path leads through what is no section.
    """
    changed = space.laid_over(run, {})
    for path, value in values.items():
        try:
            changed = space.laid_over(changed, {path: value})
        except (KeyError, TypeError):
            said = f"configuration: {place}: given {path!r}; allowed: a key path of the run"
            raise BadConfiguration(said) from None
    return changed
