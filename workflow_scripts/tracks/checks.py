"""Limits that one key of the section `tracks` sets to another."""

from __future__ import annotations

from collections.abc import Iterator

from workflow_scripts.settings.settings import Fault, Settings


def faults(settings: Settings) -> Iterator[Fault]:
    if settings.section("tracks") is not None and settings.section("reference/genome") is None:
        yield "tracks", "without `reference/genome`", "the genome of the tracks in the section `reference`"
    for name, section in (settings.section("tracks/sets") or {}).items():
        place, metagene, windows = f"tracks/sets/{name}", section["metagene"], section["polymerase"]
        for key in ("upstream", "body", "downstream"):
            if metagene[key] % metagene["bin"]:
                yield f"{place}/metagene/{key}", str(metagene[key]), f"a multiple of its bin, {metagene['bin']}"
        if not windows["pause_start"] < windows["pause_end"] <= windows["body_start"]:
            given = ", ".join(f"{key} {windows[key]}" for key in ("pause_start", "pause_end", "body_start"))
            yield f"{place}/polymerase", given, "a pause window that ends after its start, and a body after it"
        targets = section["targets"]
        if targets["width"] % targets["bin"]:
            yield f"{place}/targets/width", str(targets["width"]), f"a multiple of its bin, {targets['bin']}"
        held_out = targets["validation_fold"], targets["test_fold"]
        if held_out[0] == held_out[1] or max(held_out) >= targets["folds"]:
            given = f"validation_fold {held_out[0]} and test_fold {held_out[1]}"
            yield f"{place}/targets", given, f"two of {targets['folds']} folds, counted from 0"
        named = [chrom for names in targets["fold_chromosomes"] for chrom in names]
        if len(set(named)) < len(named):
            yield f"{place}/targets/fold_chromosomes", ", ".join(named), "each chromosome once"
        if len(targets["fold_chromosomes"]) >= targets["folds"]:
            given = f"{len(targets['fold_chromosomes'])} folds"
            yield f"{place}/targets/fold_chromosomes", given, f"less than folds, {targets['folds']}, for the others"
        if targets["mask"]["biotypes"] and settings.section("reference/gtf") is None:
            yield f"{place}/targets/mask/biotypes", "without `reference/gtf`", "biotypes of an annotation that is given"
