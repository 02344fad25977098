"""What the circuits hold, for rules."""

from __future__ import annotations

from collections.abc import Callable

from workflow_scripts.settings.literals import entries
from workflow_scripts.settings.settings import Settings


def telling(settings: Settings, key: str) -> list[str]:
    """The networks that give something at `key`, in order of name."""
    return [name for name in settings.names("circuit/networks") if key in settings.section("circuit/networks")[name]]


def told(settings: Settings, key: str, file: str) -> Callable[..., list[str]]:
    """For a rule's input: the file that is made of what a network gives at `key`, where it gives it."""
    return lambda wildcards: [file] if settings.section(f"circuit/networks/{wildcards.network}/{key}") else []


def place_of_circuit(settings: Settings) -> Callable[..., int]:
    """For a rule's params: the place of one {run} among all, in order of name, which its colour in figures follows."""
    return lambda wildcards: settings.names("circuit/runs").index(wildcards.run)


def job_names(settings: Settings) -> list[str]:
    """What jobs of a run on a network, and of a model of pairs, are named after."""
    runs = [
        f"{network}.{run}" for network in settings.names("circuit/networks") for run in settings.names("circuit/runs")
    ]
    models = entries("workflow_scripts.circuit.link_models")
    return runs + [f"{pairs}.{model}" for pairs in settings.names("circuit/enhancers") for model in models]
