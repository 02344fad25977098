"""What the circuits hold, for rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workflow_scripts.settings.ablations import complete_variants, names_of_variants
from workflow_scripts.settings.errors import BadConfiguration
from workflow_scripts.settings.literals import entries
from workflow_scripts.settings.settings import Settings


def complete(settings: Settings) -> None:
    """Let the variants of ablations stand beside the runs, and networks with levels missing beside the networks."""
    if settings.section("circuit") is None:
        return
    complete_variants(settings, "circuit")
    missing, networks = settings.section("circuit/missing"), settings.section("circuit/networks")
    for name in missing["networks"]:
        if name not in networks:
            given = f"given {name!r}; allowed: {', '.join(networks) or 'none, as there is no network'}"
            raise BadConfiguration(f"configuration: circuit/missing/networks: {given}")
        for percent in missing["percents"]:
            settings.derive(f"circuit/networks/{name}+{percent}", networks[name], f"circuit/networks/{name}")


def with_missing(settings: Settings) -> list[str]:
    """Networks with levels missing, `name+percent`; a plus stands in no name that a user gives."""
    missing = settings.section("circuit/missing") or {"networks": [], "percents": []}
    return [f"{name}+{percent}" for name in missing["networks"] for percent in missing["percents"]]


def all_networks(settings: Settings) -> list[str]:
    return settings.names("circuit/networks") + with_missing(settings)


def all_circuit_runs(settings: Settings) -> list[str]:
    """Runs, and the variants of ablations."""
    return settings.names("circuit/runs") + names_of_variants(settings, "circuit")


def telling(settings: Settings, key: str) -> list[str]:
    """The networks that give something at `key`, in order of name."""
    return [name for name in settings.names("circuit/networks") if key in settings.section("circuit/networks")[name]]


def told(settings: Settings, key: str, file: str) -> Callable[..., list[str]]:
    """For a rule's input: the file that is made of what a network gives at `key`, where it gives it."""
    return lambda wildcards: [file] if settings.section(f"circuit/networks/{wildcards.network}/{key}") else []


def of_circuit_variants(settings: Settings, file: str) -> Callable[..., list[str]]:
    """For a rule's input: `file` of every variant of one {ablation}, on every network."""

    def found(wildcards: Any) -> list[str]:
        names = names_of_variants(settings, "circuit", wildcards.ablation)
        return [
            file.format(network=network, run=name) for network in settings.names("circuit/networks") for name in names
        ]

    return found


def of_missing(settings: Settings, file: str, whole: bool = False) -> Callable[..., list[str]]:
    """For a rule's input: `file` of every run on the {complete} network with levels missing, and on it `whole`."""

    def found(wildcards: Any) -> list[str]:
        networks = [name for name in with_missing(settings) if name.startswith(f"{wildcards.complete}+")]
        networks = [wildcards.complete, *networks] if whole else networks
        files = [
            file.format(network=network, run=run) for network in networks for run in settings.names("circuit/runs")
        ]
        return list(dict.fromkeys(files))

    return found


def place_of_circuit(settings: Settings) -> Callable[..., int]:
    """For a rule's params: the place of one {run} among all, in order of name, which its colour in figures follows."""
    return lambda wildcards: settings.names("circuit/runs").index(wildcards.run)


def job_names(settings: Settings) -> list[str]:
    """What jobs of a run on a network, and of a model of pairs, are named after."""
    networks, missing = all_networks(settings), with_missing(settings)
    runs = [f"{network}.{run}" for network in networks for run in all_circuit_runs(settings)]
    models = entries("workflow_scripts.circuit.link_models")
    pairs = [f"{pairs}.{model}" for pairs in settings.names("circuit/enhancers") for model in models]
    return [*missing, *names_of_variants(settings, "circuit"), *runs, *pairs]
