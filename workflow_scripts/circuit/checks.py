"""Limits that one key of the section `circuit` sets to another."""

from __future__ import annotations

from collections.abc import Iterator

from workflow_scripts.circuit import cell_checks, enhancer_checks, screen_checks
from workflow_scripts.circuit.inputs import schema_of_run, searchable, searched_circuits
from workflow_scripts.settings.ablations import place_of, variants
from workflow_scripts.settings.searches import faults_of_search
from workflow_scripts.settings.settings import Fault, Settings

MEASURED = ("knockouts", "knockdowns", "multifactorial", "time_series", "perturbed")
TAKEN = {"baselines", "enhancers", "perturb_seq", "interactomes"}  # folders beside those of runs and of networks


def faults(settings: Settings) -> Iterator[Fault]:
    section = settings.section("circuit")
    if section is None:
        return
    for name, network in section["networks"].items():
        place = f"circuit/networks/{name}"
        if not any(key in network for key in MEASURED):
            yield place, "no experiment", f"one of {', '.join(MEASURED)} at least"
        for key in ("regulators", "possible_edges"):
            if network.get(key, "") == network.get("truth"):
                yield f"{place}/{key}", "the truth itself", "another file, as scoring alone reads that"
        pair = [key for key in ("double_knockouts", "double_knockout_pairs") if key in network]
        if len(pair) == 1:
            yield f"{place}/{pair[0]}", "alone", "double_knockouts and double_knockout_pairs, or neither"
        if pair and "knockouts" not in network:
            yield f"{place}/{pair[0]}", "without `knockouts`", "the single knock-outs, of which they are predicted"
    for name in searched_circuits(settings):
        run = section["runs"][name]
        yield from faults_of_search(f"circuit/runs/{name}", run, searchable(run), schema_of_run())
    for variant in variants(section["ablations"]):
        if "search" in settings.section(f"circuit/runs/{variant.name}"):
            yield place_of("circuit", variant), "a run with `search`", "one without, that is one training"
    yield from enhancer_checks.faults(section["enhancers"])
    yield from screen_checks.faults(section["screens"], section["networks"])
    offered = settings.offered("gene embedding")
    yield from cell_checks.faults(section["perturb_seq"], section["interactomes"], offered)
    for kind in ("networks", "runs"):
        for name in TAKEN & section[kind].keys():
            yield f"circuit/{kind}/{name}", repr(name), "a name that is none of its own folders"
