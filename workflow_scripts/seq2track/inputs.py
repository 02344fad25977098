"""Runs, their folds and the tracks that they predict, for rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workflow_scripts.settings.settings import Settings, canonical


def all_predicted(settings: Settings, pattern: str) -> list[str]:
    """`pattern` for every {run}, each {fold} that it is scored on and the {set} that it predicts, each file once."""
    found = [file for run in settings.names("seq2track/runs") for file in _of_folds(settings, run, pattern)]
    return list(dict.fromkeys(found))


def of_set(settings: Settings, pattern: str) -> Callable[..., str]:
    """For a rule's input: `pattern` for the {set} that one {run} predicts."""
    return lambda wildcards: pattern.format(set=_set(settings, wildcards.run))


def of_folds(settings: Settings, pattern: str) -> Callable[..., list[str]]:
    """For a rule's input: `pattern` for each {fold} of one {run}, and the {set} that it predicts."""
    return lambda wildcards: _of_folds(settings, wildcards.run, pattern)


def each_predicted_track(settings: Settings, *patterns: str) -> list[str]:
    """`patterns` for every {run} and every {track} that it predicts."""
    return [
        pattern.format(run=run, track=track)
        for run in settings.names("seq2track/runs")
        for track in _tracks(settings, run)
        for pattern in patterns
    ]


def predicted_hubs(settings: Settings, *patterns: str) -> list[str]:
    """`patterns` for every {run} whose set is shown in genome browsers."""
    return [
        pattern.format(run=run)
        for run in settings.names("seq2track/runs")
        if settings.section(f"tracks/sets/{_set(settings, run)}/hub") is not None
        for pattern in patterns
    ]


def of_tracks(settings: Settings, *patterns: str) -> Callable[..., list[str]]:
    """For a rule's input: `patterns` for every {track} of the {set} that one {run} predicts, as `predicted_names`."""
    return lambda wildcards: [
        pattern.format(run=wildcards.run, set=_set(settings, wildcards.run), track=track)
        for track in _tracks(settings, wildcards.run)
        for pattern in patterns
    ]


def predicted_names(settings: Settings) -> Callable[..., str]:
    """For a rule's params: the names of the tracks that one {run} predicts, as canonical JSON."""
    return lambda wildcards: canonical(_tracks(settings, wildcards.run))


def hub_of_run(settings: Settings) -> Callable[..., str]:
    """For a rule's params: what the hub of the set that one {run} predicts is called, and for whom, as JSON."""

    def found(wildcards: Any) -> str:
        hub = settings.section(f"tracks/sets/{_set(settings, wildcards.run)}/hub")
        return canonical({key: hub[key] for key in ("genome", "email")})

    return found


def all_attributed(settings: Settings, *files: str) -> list[str]:
    """`files` of every one of the attributions."""
    folders = [f"<results>/seq2track/attributions/{name}" for name in settings.names("seq2track/attributions")]
    return [f"{folder}/{file}" for folder in folders for file in files]


def windows_of_attributed(settings: Settings, pattern: str) -> Callable[..., str]:
    """For a rule's input: `pattern` for the {set} that the run of one {attribution} predicts."""

    def found(wildcards: Any) -> str:
        run = settings.section(f"seq2track/attributions/{wildcards.attribution}/run")
        return pattern.format(set=_set(settings, run))

    return found


def models_of_variants(settings: Settings, pattern: str) -> Callable[..., list[str]]:
    """For a rule's input: `pattern` for each {fold} of the {run} that one set of {variants} is scored by."""

    def found(wildcards: Any) -> list[str]:
        run = settings.section(f"seq2track/variants/{wildcards.variants}/run")
        return _of_folds(settings, run, pattern)

    return found


def models_of_attributed(settings: Settings, pattern: str) -> Callable[..., list[str]]:
    """For a rule's input: `pattern` for the {run} of one {attribution}, and each {fold} of it."""

    def found(wildcards: Any) -> list[str]:
        run = settings.section(f"seq2track/attributions/{wildcards.attribution}/run")
        return _of_folds(settings, run, pattern)

    return found


def each_region_track(settings: Settings, *patterns: str) -> list[str]:
    """`patterns` for every set of {regions}, its {run} and every {track} that this predicts."""
    asked = settings.section("seq2track/regions") or {}
    return [
        pattern.format(run=asked[name]["run"], regions=name, track=track)
        for name in sorted(asked)
        for track in _tracks(settings, asked[name]["run"])
        for pattern in patterns
    ]


def _of_folds(settings: Settings, run: str, pattern: str) -> list[str]:
    """`pattern` for each {fold} of a {run}, and the {set} that it predicts."""
    folds = settings.section(f"seq2track/runs/{run}/test_folds")
    return [pattern.format(run=run, set=_set(settings, run), fold=fold) for fold in folds]


def _set(settings: Settings, run: str) -> str:
    return settings.section(f"seq2track/runs/{run}/set")


def _tracks(settings: Settings, run: str) -> list[str]:
    return settings.names(f"tracks/sets/{_set(settings, run)}/tracks")


def chromosome_names(settings: Settings) -> Callable[..., str]:
    """For a rule's params: how browsers call chromosomes in what one {run} predicts, which the hub of its set says."""

    def naming(wildcards: Any) -> str:
        return settings.section(f"tracks/sets/{_set(settings, wildcards.run)}/hub/chromosome_names") or "genome"

    return naming


def assembly(settings: Settings) -> str:
    """For a rule's params: what the configuration calls the genome."""
    return settings.section("reference/assembly")


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
        of = _set(settings, wildcards.run)
        tracks = _tracks(settings, wildcards.run)
        return canonical([settings.section(f"tracks/sets/{of}/tracks/{name}/values") for name in tracks])

    return kinds


def place_of_model(settings: Settings) -> Callable[..., int]:
    """For a rule's params: the place of one {run} among all, in order of name, which its colour in figures follows."""
    return lambda wildcards: settings.names("seq2track/runs").index(wildcards.run)


def job_names(settings: Settings) -> list[str]:
    """What jobs of a run and a fold, of the baselines of a set and one, and of predicted tracks are named after."""
    found = [name for pattern in ("{run}.{fold}", "{set}.{fold}") for name in all_predicted(settings, pattern)]
    found += each_predicted_track(settings, "{run}.{track}")
    found += each_region_track(settings, "{run}.{regions}", "{run}.{regions}.{track}")
    return sorted(set(found))
