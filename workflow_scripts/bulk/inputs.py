"""What the runs are made of and trained on, for rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workflow_scripts.contracts.space import points
from workflow_scripts.settings.ablations import complete_variants, names_of_variants
from workflow_scripts.settings.literals import defines
from workflow_scripts.settings.schema import changes_results, leaves, load_schema
from workflow_scripts.settings.schema import complete as completed
from workflow_scripts.settings.settings import Settings, canonical

MOST_TRIALS = 999  # whose numbers have three digits
SEARCHED = ("base", "model", "training")  # sections of a run; of another seed, other values are hidden on validation


def schema_of_run() -> dict[str, Any]:
    """The schema of one of `bulk/runs`."""
    return load_schema("bulk")["properties"]["runs"]["additionalProperties"]


def searchable(run: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """{key path: its schema} of all that a search of this run, which is completed, may try."""
    found = leaves({name: run[name] for name in SEARCHED}, schema_of_run())
    return {path: schema for path, _, schema in found if changes_results(schema)}


def complete(settings: Settings) -> None:
    """Let the variants of ablations stand beside the runs, for the rules that train, embed and score.

    The values of a search are read as those of the settings that they are of: a float stays one, in text (1e-3) too.
    """
    section = settings.section("bulk")
    if section is None:
        return
    for name in searched(settings):
        _complete_search(section["runs"][name])
    complete_variants(settings, "bulk")


def _complete_search(run: dict[str, Any]) -> None:
    schemas = searchable(run)
    for path, values in run["search"]["space"].items():
        schema = schemas.get(path, {})
        if "choices" in values:
            values["choices"] = [completed(choice, schema) for choice in values["choices"]]
        elif schema.get("type") == "number":
            values |= {end: float(values[end]) for end in ("low", "high") if end in values}


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
    """For a rule's params: what the settings of one {trial} of one {run} follow from, as canonical JSON.

    That is neither the number of trials, nor the objective where there is no trial to learn from.
    """

    def found(wildcards):
        search = settings.section(f"bulk/runs/{wildcards.run}/search")
        keys = ["method", "seed", "space", *(["objective"] if _before(search, wildcards.trial) else [])]
        return canonical({key: search[key] for key in keys})

    return found


def earlier_trials(settings: Settings, *files: str) -> Callable[..., list[str]]:
    """For a rule's input: `files` of each trial that one {trial} of one {run} learns from: those of earlier waves."""

    def found(wildcards):
        search = settings.section(f"bulk/runs/{wildcards.run}/search")
        return _of_trials(files, wildcards, _before(search, wildcards.trial))

    return found


def all_trials(settings: Settings, *files: str) -> Callable[..., list[str]]:
    """For a rule's input: `files` of each trial of one {run}."""
    return lambda wildcards: _of_trials(
        files, wildcards, _number_of_trials(settings.section(f"bulk/runs/{wildcards.run}/search"))
    )


def taken_trial(settings: Settings, file: str) -> Callable[..., list[str]]:
    """For a rule's input: `file` of one {run}, if it is searched."""
    return lambda wildcards: [file] if settings.section(f"bulk/runs/{wildcards.run}/search") else []


def _before(search: dict[str, Any], trial: str) -> int:
    """How many trials come before the wave of a trial; of methods that learn from none, 0."""
    return (int(trial) - 1) // search["at_once"] * search["at_once"] if search["method"] == "optuna" else 0


def _number_of_trials(search: dict[str, Any]) -> int:
    """How many there are: of a grid, no more than its points."""
    if search["method"] == "grid":
        return min(search["trials"] or MOST_TRIALS, points(search["space"]))
    return search["trials"]


def _of_trials(files: tuple[str, ...], wildcards: Any, number: int) -> list[str]:
    """`files` of the first `number` trials of a run."""
    names = [f"{trial:03d}" for trial in range(1, number + 1)]
    return [file.format(**{**dict(wildcards.items()), "trial": name}) for file in files for name in names]


def job_names(settings: Settings) -> list[str]:
    """What jobs are named after: sizes of train, of baselines and of each run, trials of these, and variants."""
    sizes = fewer(settings)
    names = [f"{name}{size}".lstrip(".") for size in sizes for name in ["", *settings.names("bulk/runs")]]
    for run in searched(settings):
        trials = range(1, _number_of_trials(settings.section(f"bulk/runs/{run}/search")) + 1)
        names += [f"{run}{size}.{trial:03d}" for size in ["", *sizes] for trial in trials]
    return names + names_of_variants(settings, "bulk")
