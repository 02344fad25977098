"""Limits that one key of the section `bulk` sets to another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workflow_scripts.bulk.ablation import place_of, variants
from workflow_scripts.settings.literals import entries, literal
from workflow_scripts.settings.settings import Fault, Settings


def faults(settings: Settings) -> Iterator[Fault]:
    section = settings.section("bulk")
    if section is None:
        return
    if not settings.section("prebulk/corpora"):
        yield "prebulk/corpora", "none", "one source of counts at least, which `bulk` needs"
    ratios = section["imputation"]["mask_ratios"]
    if len({f"{ratio:g}" for ratio in ratios}) < len(ratios):
        yield "bulk/imputation/mask_ratios", str(ratios), "ratios that differ in six digits, by which they are named"
    # a run stands beside the baselines, in the folder that also holds theirs; its probe and its base have suffixes
    probe, base = (literal("workflow_scripts.evaluation.models", name) for name in ("PROBE", "BASE"))
    baselines = entries("workflow_scripts.evaluation.models")
    taken = {"baselines", *baselines, *(name.removesuffix(probe) for name in baselines)}
    for name in section["runs"]:
        place = f"bulk/runs/{name}"
        if name in taken:
            yield place, repr(name), "a name that no baseline has"
        for suffix, what in ((probe, "classifiers on embeddings"), (base, "runs without their network")):
            if name.endswith(suffix):
                yield place, repr(name), f"a name that does not end in {suffix}, as {what} do"
    offered = settings.offered("gene embedding")
    for name, run in section["runs"].items():
        yield from _faults_of_run(f"bulk/runs/{name}", run, offered)
    for variant in variants(section["ablations"]):
        yield from _faults_of_run(place_of(variant), settings.section(f"bulk/runs/{variant.name}"), offered)


def _faults_of_run(place: str, run: dict[str, Any], offered: list[str]) -> Iterator[Fault]:
    """offered: the gene embeddings that there are."""
    training = run["training"]
    if run["embedding"] not in offered:
        yield f"{place}/embedding", repr(run["embedding"]), f"one of {', '.join(offered) or 'none: make one'}"
    ((family, model),) = run["model"].items()
    for key, (other, times) in literal(f"workflow_scripts.bulk.models.{family}", "MULTIPLES").items():
        if model[key] % (times * model[other]):
            given = f"{model[key]} with {model[other]} {other}"
            yield f"{place}/model/{family}/{key}", given, f"a multiple of {times} x {other}"
    if training["min_mask_ratio"] > training["max_mask_ratio"]:
        given = f"{training['min_mask_ratio']}, above max_mask_ratio {training['max_mask_ratio']}"
        yield f"{place}/training/min_mask_ratio", given, "at most max_mask_ratio"
    depths, objectives = training["augmentation"]["thinning"], training["objectives"]
    if depths and (len(depths) != 2 or depths[0] > depths[1]):
        yield f"{place}/training/augmentation/thinning", str(depths), "two depths, the lesser one first, or none"
    if not objectives["squared_error"] and not objectives["poisson"]:
        given = "squared_error 0 and poisson 0"
        yield f"{place}/training/objectives", given, "one of them above 0, or nothing says what is predicted"
    if objectives["contrastive"] and not literal(f"workflow_scripts.bulk.models.{family}", "STATES"):
        given = f"{objectives['contrastive']} with model {family}"
        yield f"{place}/training/objectives/contrastive", given, "0, as it has no states to contrast"
