"""Limits that one key of the section `bulk` sets to another."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

from workflow_scripts.bulk.inputs import schema_of_run, searchable
from workflow_scripts.contracts.space import all_values
from workflow_scripts.settings.ablations import place_of, variants
from workflow_scripts.settings.literals import entries, literal
from workflow_scripts.settings.searches import faults_of_search
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
    for place, name in [(f"bulk/{kind}/{name}", name) for kind in ("runs", "peers") for name in section[kind]]:
        if name in taken:
            yield place, repr(name), "a name that no baseline has"
        for suffix, what in ((probe, "classifiers on embeddings"), (base, "runs without their network")):
            if name.endswith(suffix):
                yield place, repr(name), f"a name that does not end in {suffix}, as {what} do"
    for name in section["peers"].keys() & section["runs"].keys():
        yield f"bulk/peers/{name}", repr(name), "a name that no run has"
    offered = settings.offered("gene embedding")
    for name, run in section["runs"].items():
        yield from _faults_of_run(f"bulk/runs/{name}", run, offered)
    for variant in variants(section["ablations"]):
        place, run = place_of("bulk", variant), settings.section(f"bulk/runs/{variant.name}")
        if "search" in run:
            yield place, "a run with `search`", "one without, that is one training"
        yield from _faults_of_run(place, run, offered)


def _faults_of_run(place: str, run: dict[str, Any], offered: list[str]) -> Iterator[Fault]:
    """offered: the gene embeddings that there are."""
    if run["embedding"] not in offered:
        yield f"{place}/embedding", repr(run["embedding"]), f"one of {', '.join(offered) or 'none: make one'}"
    if "search" in run:
        yield from faults_of_search(place, run, searchable(run), schema_of_run())
    ((family, _),) = run["model"].items()
    for key, (other, times) in literal(f"workflow_scripts.bulk.models.{family}", "MULTIPLES").items():
        own, others = (all_values(run, f"model/{family}/{name}") for name in (key, other))
        for value, of in product(own, others):
            if value % (times * of):
                given = f"{value} with {of} {other}"
                yield f"{place}/model/{family}/{key}", given, f"a multiple of {times} x {other}"
    least, most = (all_values(run, f"training/{name}_mask_ratio") for name in ("min", "max"))
    if max(least) > min(most):
        given = f"{max(least)}, above max_mask_ratio {min(most)}"
        yield f"{place}/training/min_mask_ratio", given, "at most max_mask_ratio"
    for depths in all_values(run, "training/augmentation/thinning"):
        if depths and (len(depths) != 2 or depths[0] > depths[1]):
            yield f"{place}/training/augmentation/thinning", str(depths), "two depths, the lesser one first, or none"
    weights = {name: all_values(run, f"training/objectives/{name}") for name in run["training"]["objectives"]}
    if not min(weights["squared_error"]) and not min(weights["poisson"]):
        given = "squared_error 0 and poisson 0"
        yield f"{place}/training/objectives", given, "one of them above 0, or nothing says what is predicted"
    if max(weights["contrastive"]) and not literal(f"workflow_scripts.bulk.models.{family}", "STATES"):
        given = f"{max(weights['contrastive'])} with model {family}"
        yield f"{place}/training/objectives/contrastive", given, "0, as it has no states to contrast"
