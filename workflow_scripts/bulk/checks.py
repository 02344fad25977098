"""Limits that one key of the section `bulk` sets to another."""

from __future__ import annotations

from collections.abc import Iterator

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
    offered = settings.offered("gene embedding")
    # a run stands beside the baselines, in the folder that also holds theirs; its probe and its base have suffixes
    probe, base = (literal("workflow_scripts.evaluation.models", name) for name in ("PROBE", "BASE"))
    baselines = entries("workflow_scripts.evaluation.models")
    taken = {"baselines", *baselines, *(name.removesuffix(probe) for name in baselines)}
    for name, run in section["runs"].items():
        place, training = f"bulk/runs/{name}", run["training"]
        if name in taken:
            yield place, repr(name), "a name that no baseline has"
        if name.endswith(probe):
            yield place, repr(name), f"a name that does not end in {probe}, as classifiers on embeddings do"
        if name.endswith(base):
            yield place, repr(name), f"a name that does not end in {base}, as runs without their network do"
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
