"""What the runs are made of and trained on, for rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workflow_scripts.bulk.ablation import place_of, section_of, variants
from workflow_scripts.contracts.variants import UNCHANGED
from workflow_scripts.settings.errors import BadConfiguration
from workflow_scripts.settings.literals import defines
from workflow_scripts.settings.settings import Settings


def complete(settings: Settings) -> None:
    """Let the variants of ablations stand beside the runs, for the rules that train, embed and score."""
    section = settings.section("bulk")
    if section is None:
        return
    for name, ablation in section["ablations"].items():
        place, allowed = f"bulk/ablations/{name}", settings.names("bulk/runs")
        if ablation["run"] not in allowed:
            given = f"given {ablation['run']!r}; allowed: one of {', '.join(allowed)}"
            raise BadConfiguration(f"configuration: {place}/run: {given}")
        if UNCHANGED in ablation["changes"]:
            given = f"given {UNCHANGED!r}; allowed: another name, as the run as it is goes by this one"
            raise BadConfiguration(f"configuration: {place}/changes: {given}")
    for variant in variants(section["ablations"]):
        settings.derive(f"bulk/runs/{variant.name}", section_of(variant, section), place_of(variant))


def of_variants(settings: Settings, *files: str) -> Callable[..., list[str]]:
    """For a rule's input: these files of every variant of one {ablation}."""

    def found(wildcards: Any) -> list[str]:
        of = variants({wildcards.ablation: settings.section(f"bulk/ablations/{wildcards.ablation}")})
        return [f"<results>/bulk/{variant.name}/{file}" for variant in of for file in files]

    return found


def gene_embedding(settings: Settings) -> Callable[..., list[str]]:
    """For a rule's input: the gene embedding, of whatever stage, that one {run} takes as the identity of genes."""
    return lambda wildcards: [f"<results>/{settings.section(f'bulk/runs/{wildcards.run}/embedding')}.h5ad"]


def with_gene_vectors(settings: Settings) -> list[str]:
    """The runs whose model has a vector for each gene."""
    families = {run: next(iter(settings.section(f"bulk/runs/{run}/model"))) for run in settings.names("bulk/runs")}
    return [run for run, name in families.items() if defines(f"workflow_scripts.bulk.models.{name}", "embed_genes")]


def place_of_run(settings: Settings) -> Callable[..., int]:
    """For a rule's params: the place of one {run} among all, in order of name, which its colour in figures follows."""
    return lambda wildcards: settings.names("bulk/runs").index(wildcards.run)


def devices(settings: Settings) -> Callable[..., int]:
    """For a rule's resources: the devices that train one {run}, on all its nodes."""
    return _of_training(settings, lambda training: training["devices"] * training["nodes"])


def nodes(settings: Settings) -> Callable[..., int]:
    """For a rule's resources: the nodes that train one {run}."""
    return _of_training(settings, lambda training: training["nodes"])


def cores(settings: Settings, each: int) -> Callable[..., int]:
    """For a rule's threads: `each` for every device of a node; on several nodes SLURM counts them by device."""
    return _of_training(settings, lambda training: each * (training["devices"] if training["nodes"] == 1 else 1))


def _of_training(settings: Settings, number: Callable[[dict], int]) -> Callable[..., int]:
    return lambda wildcards: number(settings.section(f"bulk/runs/{wildcards.run}/training"))


def fewer(settings: Settings) -> list[str]:
    """The sizes of train below all of it that a learning curve has, as {size} stands in the names of files: `.500`."""
    return [f".{number}" for number in sorted(settings.section("bulk/learning_curve/train_samples") or [])]


def job_names(settings: Settings) -> list[str]:
    """What jobs are named after that are of fewer train samples, of baselines and of each run, and of variants."""
    sizes = fewer(settings)
    of_sizes = [f"{name}{size}".lstrip(".") for size in sizes for name in ["", *settings.names("bulk/runs")]]
    return of_sizes + [variant.name for variant in variants(settings.section("bulk/ablations") or {})]
