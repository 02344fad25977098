"""What the runs are made of and trained on, for rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workflow_scripts.settings import searches
from workflow_scripts.settings.ablations import complete_variants, names_of_variants
from workflow_scripts.settings.literals import defines
from workflow_scripts.settings.schema import load_schema
from workflow_scripts.settings.settings import Settings

SEARCHED = ("base", "model", "training")  # sections of a run; of another seed, other values are hidden on validation


def schema_of_run() -> dict[str, Any]:
    """The schema of one of `bulk/runs`."""
    return load_schema("bulk")["properties"]["runs"]["additionalProperties"]


def searchable(run: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """{key path: its schema} of all that a search of this run, which is completed, may try."""
    return searches.searchable(run, SEARCHED, schema_of_run())


def complete(settings: Settings) -> None:
    """Complete searches, and let the variants of ablations stand beside the runs, for the rules."""
    section = settings.section("bulk")
    if section is None:
        return
    for name in searched(settings):
        run = section["runs"][name]
        searches.complete_search(run["search"], searchable(run))
    complete_variants(settings, "bulk")


def of_variants(settings: Settings, *files: str) -> Callable[..., list[str]]:
    """For a rule's input: these files of every variant of one {ablation}."""

    def found(wildcards: Any) -> list[str]:
        names = names_of_variants(settings, "bulk", wildcards.ablation)
        return [f"<results>/bulk/{name}/{file}" for name in names for file in files]

    return found


def gene_embedding(settings: Settings) -> Callable[..., list[str]]:
    """For a rule's input: the gene embedding, of whatever stage, that one {run} takes as the identity of genes."""
    return lambda wildcards: [f"<results>/{settings.section(f'bulk/runs/{wildcards.run}/embedding')}.h5ad"]


def with_gene_vectors(settings: Settings) -> list[str]:
    """The runs whose model has a vector for each gene."""
    families = {run: next(iter(settings.section(f"bulk/runs/{run}/model"))) for run in settings.names("bulk/runs")}
    return [run for run, name in families.items() if defines(f"workflow_scripts.bulk.models.{name}", "embed_genes")]


def scores(settings: Settings) -> Callable[..., list[str]]:
    """For a rule's input: the scores of one {run}, or of a peer, of which there is an embedding alone."""

    def of_run(wildcards: Any) -> list[str]:
        tasks = ["imputation", "classification", "representation"]
        tasks = tasks[1:] if wildcards.run in settings.names("bulk/peers") else tasks
        return [f"<results>/bulk/{wildcards.run}{wildcards.size}/{task}.parquet" for task in tasks]

    return of_run


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


def searched(settings: Settings) -> list[str]:
    """The runs that are the best of several trials."""
    return [run for run in settings.names("bulk/runs") if settings.section(f"bulk/runs/{run}/search")]


def unsearched(settings: Settings) -> list[str]:
    """The runs that are one training, variants among them."""
    return [run for run in settings.names("bulk/runs") if run not in searched(settings)] + names_of_variants(
        settings, "bulk"
    )


def suggestion(settings: Settings) -> Callable[..., str]:
    """For a rule's params: what the settings of one {trial} of one {run} follow from."""
    return lambda wildcards: searches.suggested_by(
        settings.section(f"bulk/runs/{wildcards.run}/search"), wildcards.trial
    )


def earlier_trials(settings: Settings, *files: str) -> Callable[..., list[str]]:
    """For a rule's input: `files` of each trial that one {trial} of one {run} learns from: those of earlier waves."""

    def found(wildcards):
        search = settings.section(f"bulk/runs/{wildcards.run}/search")
        return searches.of_trials(files, wildcards, searches.before(search, wildcards.trial))

    return found


def all_trials(settings: Settings, *files: str) -> Callable[..., list[str]]:
    """For a rule's input: `files` of each trial of one {run}."""
    return lambda wildcards: searches.of_trials(
        files, wildcards, searches.number_of_trials(settings.section(f"bulk/runs/{wildcards.run}/search"))
    )


def taken_trial(settings: Settings, file: str) -> Callable[..., list[str]]:
    """For a rule's input: `file` of one {run}, if it is searched."""
    return lambda wildcards: [file] if settings.section(f"bulk/runs/{wildcards.run}/search") else []


def job_names(settings: Settings) -> list[str]:
    """What jobs are named after: sizes of train, of baselines and of each run, trials of these, and variants."""
    sizes = fewer(settings)
    names = [f"{name}{size}".lstrip(".") for size in sizes for name in ["", *settings.names("bulk/runs")]]
    for run in searched(settings):
        trials = range(1, searches.number_of_trials(settings.section(f"bulk/runs/{run}/search")) + 1)
        names += [f"{run}{size}.{trial:03d}" for size in ["", *sizes] for trial in trials]
    return names + names_of_variants(settings, "bulk")
