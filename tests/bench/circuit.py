"""What it costs to learn a circuit: a whole network of DREAM4's sizes beside what others infer of it, and one step.

A network is simulated with DREAM4's experiments. Ours learns it with three penalties and five members, as by default;
beside it stand the baselines of the stage that others publish as methods, fitted by scikit-learn to the same
experiments. A step is one of training, of five members with 32 candidates a gene, beside the same with a full matrix,
and beside a layer of graph attention (GATv2 of torch-geometric, one head of eight dimensions, once for each member)
over as many edges and states. Float32, a network on one core, as its rule has it, a step on two.
"""

from __future__ import annotations

import argparse
import importlib
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tests.bench.runner import OURS, Case, Metric, python
from workflow_scripts.circuit import learning, training
from workflow_scripts.circuit.data import Circuit
from workflow_scripts.circuit.dynamics import Dynamics, Shape
from workflow_scripts.circuit.inference_baselines import infer
from workflow_scripts.contracts.perturbations import Perturbation
from workflow_scripts.settings.schema import complete, load_schema
from workflow_scripts.training.resume import Checkpoints

THREADS = {"network": 1, "step": 2}
METRICS = {"seconds": Metric("s", False), "cpu": Metric("CPU s", False)}
SECTIONS = load_schema("circuit")["properties"]
NETWORKS = {10: ("genie3", "grnboost2", "dyngenie3"), 100: ("genie3", "grnboost2", "dyngenie3")}
STEPS = {1000: ("full matrix", "GATv2"), 5000: ("full matrix", "GATv2"), 20000: ("GATv2",)}
CANDIDATES, SERIES, STATES, WINDOW, TIMED = 32, 4, 8, 4, 3


def cases(folder: Path) -> list[Case]:
    networks = [
        Case(f"a network of {genes} genes", {tool: _command("network", tool, genes) for tool in (OURS, *others)})
        for genes, others in NETWORKS.items()
    ]
    steps = [
        Case(f"a step, {genes} genes", {tool: _command("step", tool, genes) for tool in (OURS, *others)})
        for genes, others in STEPS.items()
    ]
    return networks + steps


def _command(what: str, tool: str, genes: int) -> list[str]:
    return python("tests.bench.circuit", what, tool, genes)


def experiments(genes: int) -> Circuit:
    """Levels of random regulation with DREAM4's experiments: each gene knocked out and down, series of 21 points."""
    rng = np.random.default_rng(0)
    names = [f"G{gene}" for gene in range(genes)]
    weights = np.where(rng.random((genes, genes)) < 2 / genes, rng.normal(0, 0.4, (genes, genes)), 0)
    np.fill_diagonal(weights, 0)
    kinds = {"knockout": 0.0, "knockdown": 0.5}
    done: list[tuple[Perturbation, ...]] = [()]
    done += [(Perturbation(name, kind, dose),) for kind, dose in kinds.items() for name in names]
    rates = np.ones((len(done), genes))
    for row, ((one,), gene) in enumerate(zip(done[1:], 2 * list(range(genes)), strict=True), 1):
        rates[row, gene] = one.dose
    levels = np.full((len(done), genes), 0.5)
    for _ in range(60):
        levels += 0.5 * (rates * np.clip(0.5 + (levels - 0.5) @ weights.T, 0, 1) - levels)
    courses, points = 10 if genes > 10 else 5, 21
    at, shift = (
        np.full((courses, genes), 0.5),
        rng.normal(0, 0.2, (courses, genes)) * (rng.random((courses, genes)) < 0.3),
    )
    followed = []
    for point in range(points):
        followed.append(at)
        made = np.clip(0.5 + (at - 0.5) @ weights.T + shift * (point < points // 2), 0, 1)
        at = at + 0.4 * (made - at)
    over_time = np.stack(followed, 1).reshape(-1, genes)
    number, first = len(over_time), len(levels)
    return Circuit(
        genes=names,
        levels=np.clip(np.concatenate([levels, over_time]) + rng.normal(0, 0.02, (first + number, genes)), 0, None),
        rates=np.concatenate([rates, np.ones((number, genes))]),
        chemicals=np.zeros((first + number, 0)),
        compounds=[],
        perturbations=done + [()] * number,
        series=[first + points * course + np.arange(points) for course in range(courses)],
        times=np.concatenate([np.full(first, np.nan), np.tile(50.0 * np.arange(points), courses)]),
        disturbed=np.concatenate([np.zeros(first, bool), np.tile(np.arange(points) < points // 2, courses)]),
        at_rest=np.arange(first),
        replicates=np.ones(first + number, int),
    )


def network(tool: str, genes: int) -> None:
    """Learn a whole network, or infer its edges."""
    circuit = experiments(genes)
    if tool != OURS:
        settings = complete({}, SECTIONS["baselines"])
        infer(tool, circuit, settings["seed"], settings)
        return
    spec = complete({}, SECTIONS["runs"]["additionalProperties"])
    with tempfile.TemporaryDirectory() as folder:
        unfinished = {penalty: Checkpoints(Path(folder), f"{penalty:g}") for penalty in spec["penalties"]}
        training.train(circuit, spec, {"accelerator": "cpu"}, unfinished)


def batch(genes: int, members: int) -> learning.Batch:
    """A step's worth of a large circuit, of which nothing else is held."""
    generator = torch.Generator().manual_seed(0)
    levels = torch.rand(SERIES, WINDOW + 1, genes, generator=generator)
    rest, ones = torch.rand(STATES, genes, generator=generator), torch.ones(STATES, genes)
    return learning.Batch(
        levels=levels,
        start=levels[:, 0],
        inputs=torch.zeros(SERIES, WINDOW, SERIES),
        rates=ones[:SERIES],
        dt=torch.ones(SERIES, WINDOW),
        asked=torch.ones(members, SERIES, dtype=torch.bool),
        rest=rest,
        filled=rest,
        rest_inputs=torch.zeros(STATES, SERIES),
        rest_rates=ones,
        rest_asked=torch.ones(members, STATES, dtype=torch.bool),
        known=torch.ones(STATES, dtype=torch.bool),
        held_out=False,
    )


def step(tool: str, genes: int) -> Any:
    """Return what takes one step of training."""
    spec = complete({}, SECTIONS["runs"]["additionalProperties"]) | {"penalty": 0.1}
    members, of = spec["members"], batch(genes, spec["members"])
    generator = torch.Generator().manual_seed(0)
    if tool == "GATv2":
        layer = importlib.import_module("torch_geometric.nn").GATv2Conv(1, 8, edge_dim=None)
        states = SERIES * WINDOW + STATES
        source = torch.randint(genes, (genes * CANDIDATES,), generator=generator)
        edges = torch.stack([source, torch.arange(genes).repeat_interleave(CANDIDATES)])
        graphs = torch.cat([edges + genes * state for state in range(states)], 1)  # one graph, once a state
        levels = torch.rand(states * genes, 1, generator=generator)

        def turn() -> None:
            for _ in range(members):
                layer(levels, graphs).square().mean().backward()

        return turn, layer.parameters()
    candidates = genes - 1 if tool == "full matrix" else CANDIDATES
    model = Dynamics(Shape(members, genes, candidates, SERIES))
    model.begin(0)
    if tool == "full matrix":
        others = torch.arange(genes - 1).expand(genes, -1)
        model.source.copy_(others + (others >= torch.arange(genes)[:, None]))
    else:
        model.source.random_(genes, generator=generator)
    for name in ("reference", "sd", "ceiling"):
        getattr(model, name).fill_(1.0)
    discount = torch.ones(members, genes, candidates)

    def turn() -> None:
        total = sum(term.total for term in learning.loss(model, of, spec, discount).minimised)
        total.backward()

    return turn, model.parameters()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["network", "step"])
    parser.add_argument("tool")
    parser.add_argument("genes", type=int)
    options = parser.parse_args()
    torch.set_num_threads(THREADS[options.what])
    if options.what == "network":
        start = time.perf_counter(), time.process_time()
        network(options.tool, options.genes)
        took = [(time.perf_counter() - start[0], time.process_time() - start[1])]
    else:
        turn, parameters = step(options.tool, options.genes)
        optimizer, took = torch.optim.AdamW(parameters), []
        for _ in range(TIMED + 1):
            start = time.perf_counter(), time.process_time()
            optimizer.zero_grad()
            turn()
            optimizer.step()
            took.append((time.perf_counter() - start[0], time.process_time() - start[1]))
        took = took[1:]
    wall, cpu = np.median(took, axis=0)
    print(json.dumps({"seconds": wall, "cpu": cpu}))


if __name__ == "__main__":
    main()
