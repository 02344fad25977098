"""The variants of a run that an ablation trains: each of its changes, and none, with every seed.

A stage that has `runs` and `ablations` has them alike, see `ablations.schema.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workflow_scripts.contracts.space import laid_over
from workflow_scripts.contracts.variants import UNCHANGED, Variant
from workflow_scripts.settings.errors import BadConfiguration
from workflow_scripts.settings.settings import Settings


def variants(ablations: dict[str, Any]) -> Iterator[Variant]:
    """Every variant of every ablation of a section `ablations`."""
    for ablation, of in ablations.items():
        for change in (UNCHANGED, *of["changes"]):
            yield from (Variant(ablation, change, str(seed)) for seed in of["seeds"])


def place_of(stage: str, variant: Variant) -> str:
    """Where in the configuration stands what a variant changes."""
    return f"{stage}/ablations/{variant.ablation}/changes/{variant.change}"


def complete_variants(settings: Settings, stage: str) -> None:
    """Let the variants of a stage's ablations stand beside its runs, for the rules that train and score."""
    section, allowed = settings.section(stage), settings.names(f"{stage}/runs")
    for name, ablation in section["ablations"].items():
        place = f"{stage}/ablations/{name}"
        if ablation["run"] not in allowed:
            given = f"given {ablation['run']!r}; allowed: one of {', '.join(allowed)}"
            raise BadConfiguration(f"configuration: {place}/run: {given}")
        if UNCHANGED in ablation["changes"]:
            given = f"given {UNCHANGED!r}; allowed: another name, as the run as it is goes by this one"
            raise BadConfiguration(f"configuration: {place}/changes: {given}")
    for variant in variants(section["ablations"]):
        place = place_of(stage, variant)
        try:
            changed = _section_of(variant, section)
        except (KeyError, TypeError):
            said = f"configuration: {place}: given a key path that leads nowhere; allowed: key paths of the run"
            raise BadConfiguration(said) from None
        settings.derive(f"{stage}/runs/{variant.name}", changed, place)


def names_of_variants(settings: Settings, stage: str, ablation: str | None = None) -> list[str]:
    """The names of the variants of one ablation of a stage, or of all."""
    ablations = settings.section(f"{stage}/ablations") or {}
    return [each.name for each in variants(ablations) if ablation in (None, each.ablation)]


def _section_of(variant: Variant, section: dict[str, Any]) -> dict[str, Any]:
    """The section of a variant, as of `runs`, not yet checked; section: that of its stage, completed.

    Raises KeyError or TypeError where a key path leads through what is no section of the run.
    """
    ablation = section["ablations"][variant.ablation]
    changes = ablation["changes"].get(variant.change, {})
    return laid_over(section["runs"][ablation["run"]], {**changes, "seed": int(variant.seed)})
