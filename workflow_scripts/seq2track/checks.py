"""Limits that one key of the section `seq2track` sets to another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workflow_scripts.seq2track import attribution_checks
from workflow_scripts.settings.literals import entries, literal
from workflow_scripts.settings.settings import Fault, Settings


def faults(settings: Settings) -> Iterator[Fault]:
    section = settings.section("seq2track")
    if section is None:
        return
    if settings.section("reference/gtf") is None:
        yield "seq2track", "without `reference/gtf`", "an annotation, along whose genes runs are scored"
    sets, baselines = settings.section("tracks/sets") or {}, entries("workflow_scripts.evaluation.models")
    taken = {"attributions", "baselines", "variants", *baselines}
    suffix = literal("workflow_scripts.evaluation.models", "LEVELED")
    spec = section["evaluation"]
    if spec["pause_end"] > spec["body_start"]:
        given = f"{spec['body_start']}, before pause_end {spec['pause_end']}"
        yield "seq2track/evaluation/body_start", given, "pause_end at least"
    for name, run in section["runs"].items():
        place = f"seq2track/runs/{name}"
        if name in taken:
            yield place, repr(name), "a name that no baseline has, and no folder beside runs"
        if name.endswith(suffix):
            yield place, repr(name), f"a name that does not end in {suffix}, as runs with the level of genes do"
        if run["set"] not in sets:
            yield f"{place}/set", repr(run["set"]), f"one of tracks/sets: {', '.join(sets) or 'none'}"
            continue
        targets = sets[run["set"]]["targets"]
        if spec["coarse"] % targets["bin"]:
            given = f"{spec['coarse']} with bins of {targets['bin']}"
            yield "seq2track/evaluation/coarse", given, "a multiple of the bins of every set that is predicted"
        yield from _faults_of_starts(section["starts"], targets["bin"])
        if section["region_classes"]["width"] % targets["bin"]:
            given = f"{section['region_classes']['width']} with bins of {targets['bin']}"
            yield "seq2track/region_classes/width", given, "a multiple of the bins of every set that is predicted"
        yield from _faults_of_run(place, run, targets)
    for name, asked in section["regions"].items():
        if asked["run"] not in section["runs"]:
            given = f"one of seq2track/runs: {', '.join(section['runs'])}"
            yield f"seq2track/regions/{name}/run", repr(asked["run"]), given
    for name, variants in section["variants"].items():
        yield from _faults_of_variants(f"seq2track/variants/{name}", variants, section["runs"], sets)
    yield from attribution_checks.faults(section, sets)


def _faults_of_variants(
    place: str, variants: dict[str, Any], runs: dict[str, Any], sets: dict[str, Any]
) -> Iterator[Fault]:
    if variants["run"] not in runs:
        yield f"{place}/run", repr(variants["run"]), f"one of seq2track/runs: {', '.join(runs)}"
        return
    targets = sets[runs[variants["run"]]["set"]]["targets"]
    half = targets["width"] // targets["bin"] // 2 * targets["bin"]
    if not half:
        yield f"{place}/run", f"{variants['run']!r} with one bin a window", "a run with two at least"
    elif variants["distance"] is not None and variants["distance"] > half:
        yield f"{place}/distance", str(variants["distance"]), f"at most half a window, {half}, or null"


def _faults_of_starts(spec: dict[str, Any], bin: int) -> Iterator[Fault]:
    """bin: of a set that is predicted."""
    if spec["flank"] % bin:
        given = f"{spec['flank']} with bins of {bin}"
        yield "seq2track/starts/flank", given, "a multiple of the bins of every set that is predicted"
    for key in ("reach", "tolerance"):
        if 2 * spec[key] < bin:
            given = f"{spec[key]} with bins of {bin}"
            yield f"seq2track/starts/{key}", given, "half of the bins of every set that is predicted at least"


def _faults_of_run(place: str, run: dict[str, Any], targets: dict[str, Any]) -> Iterator[Fault]:
    """targets: of the set that the run predicts."""
    bin, width = targets["bin"], targets["width"]
    if max(run["test_folds"]) >= targets["folds"]:
        yield f"{place}/test_folds", str(run["test_folds"]), f"some of {targets['folds']} folds, counted from 0"
    if run["context"] % bin:
        yield f"{place}/context", str(run["context"]), f"a multiple of the bin, {bin}"
    if run["training"]["shift"] >= width:
        yield f"{place}/training/shift", str(run["training"]["shift"]), f"less than a window, {width}"
    ((family, settings),) = run["model"].items()
    module = f"workflow_scripts.seq2track.models.{family}"
    for key, (other, times) in literal(module, "MULTIPLES").items():
        if settings[key] % (times * settings[other]):
            given = f"{settings[key]} with {settings[other]} {other}"
            yield f"{place}/model/{family}/{key}", given, f"a multiple of {times} x {other}"
    if key := literal(module, "RESOLUTION"):
        length = settings[key]
        if length % bin or width % length or run["context"] % length:
            given = f"{length} with bin {bin}, window {width} and context {run['context']}"
            yield f"{place}/model/{family}/{key}", given, "a multiple of the bin, of which window and context are some"
