"""Runs, their folds and the tracks that they predict, for rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workflow_scripts.settings.settings import Settings, canonical


def all_predicted(settings: Settings, pattern: str) -> list[str]:
    """`pattern` for every {run} and {fold} that it is scored on."""
    return [
        pattern.format(run=run, fold=fold)
        for run in settings.names("seq2track/runs")
        for fold in settings.section(f"seq2track/runs/{run}/test_folds")
    ]


def of_set(settings: Settings, pattern: str) -> Callable[..., str]:
    """For a rule's input: `pattern` for the {set} that one {run} predicts."""
    return lambda wildcards: pattern.format(set=settings.section(f"seq2track/runs/{wildcards.run}/set"))


def of_folds(settings: Settings, pattern: str) -> Callable[..., list[str]]:
    """For a rule's input: `pattern` for each {fold} of one {run}, and the {set} that it predicts."""

    def found(wildcards: Any) -> list[str]:
        of = settings.section(f"seq2track/runs/{wildcards.run}/set")
        folds = settings.section(f"seq2track/runs/{wildcards.run}/test_folds")
        return [pattern.format(run=wildcards.run, set=of, fold=fold) for fold in folds]

    return found


def all_attributed(settings: Settings, *files: str) -> list[str]:
    """`files` of every one of the attributions."""
    folders = [f"<results>/seq2track/attributions/{name}" for name in settings.names("seq2track/attributions")]
    return [f"{folder}/{file}" for folder in folders for file in files]


def windows_of_attributed(settings: Settings, pattern: str) -> Callable[..., str]:
    """For a rule's input: `pattern` for the {set} that the run of one {attribution} predicts."""

    def found(wildcards: Any) -> str:
        run = settings.section(f"seq2track/attributions/{wildcards.attribution}/run")
        return pattern.format(set=settings.section(f"seq2track/runs/{run}/set"))

    return found


def models_of_attributed(settings: Settings, pattern: str) -> Callable[..., list[str]]:
    """For a rule's input: `pattern` for the {run} of one {attribution}, and each {fold} of it."""

    def found(wildcards: Any) -> list[str]:
        run = settings.section(f"seq2track/attributions/{wildcards.attribution}/run")
        folds = settings.section(f"seq2track/runs/{run}/test_folds")
        return [pattern.format(run=run, fold=fold) for fold in folds]

    return found


def track_devices(settings: Settings) -> Callable[..., int]:
    """For a rule's resources: the devices that train one {run}, on all its nodes."""
    return _of_training(settings, lambda training: training["devices"] * training["nodes"])


def track_nodes(settings: Settings) -> Callable[..., int]:
    """For a rule's resources: the nodes that train one {run}."""
    return _of_training(settings, lambda training: training["nodes"])


def track_cores(settings: Settings, each: int) -> Callable[..., int]:
    """For a rule's threads: `each` for every device of a node; on several nodes SLURM counts them by device."""
    return _of_training(settings, lambda training: each * (training["devices"] if training["nodes"] == 1 else 1))


def _of_training(settings: Settings, number: Callable[[dict], int]) -> Callable[..., int]:
    return lambda wildcards: number(settings.section(f"seq2track/runs/{wildcards.run}/training"))


def kinds_of_values(settings: Settings) -> Callable[..., str]:
    """For a rule's params: what the values of each track are that one {run} predicts, in the order of its targets."""

    def kinds(wildcards: Any) -> str:
        of = settings.section(f"seq2track/runs/{wildcards.run}/set")
        tracks = settings.section(f"tracks/sets/{of}/tracks")
        return canonical([settings.section(f"tracks/sets/{of}/tracks/{name}/values") for name in sorted(tracks)])

    return kinds


def place_of_model(settings: Settings) -> Callable[..., int]:
    """For a rule's params: the place of one {run} among all, in order of name, which its colour in figures follows."""
    return lambda wildcards: settings.names("seq2track/runs").index(wildcards.run)


def job_names(settings: Settings) -> list[str]:
    """What jobs of a run without a fold, and of the baselines of a set without one, are named after."""
    found = all_predicted(settings, "{run}.{fold}")
    for run in settings.names("seq2track/runs"):
        of = settings.section(f"seq2track/runs/{run}")
        found += [f"{of['set']}.{fold}" for fold in of["test_folds"]]
    return sorted(set(found))
