"""Training samples per second of bulk models: ours, a loop of plain PyTorch around the same, and BulkFormer's layers.

The plain loop holds every sample in memory, draws with torch, and neither validates nor keeps a state: what ours
adds to it (shards, draws that can be repeated, Lightning, checks) is what the ratio shows. The same loop trains
BulkFormer's plan of layers (`peers/bulkformer`), at our width, depth (its Performers, our layers or blocks), heads and
genes. Its network sees all genes in a step, and so does our perceiver; a transformer of ours sees some of them, drawn
anew: the case says how many. Float32 on two cores.
"""

from __future__ import annotations

import argparse
import importlib
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import anndata
import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from tests.bench.runner import OURS, Case, Metric, python
from workflow_scripts.bulk import data, objectives
from workflow_scripts.bulk.base import FOLDS, UNSEEN, Base
from workflow_scripts.bulk.models.registry import MODELS
from workflow_scripts.bulk.stack import Stack
from workflow_scripts.contracts import expression
from workflow_scripts.contracts.gene_order import order_digest
from workflow_scripts.settings.schema import complete, load_schema
from workflow_scripts.training.loop import Task, fit
from workflow_scripts.training.objective import Loss
from workflow_scripts.training.resume import Checkpoints
from workflow_scripts.training.schedule import Schedule

THREADS, WARM = 2, 1  # cores; steps before the clock starts
METRICS = {
    "speed": Metric("samples/s", True),
    "cpu": Metric("CPU ms/sample", False),
    "parameters": Metric("trained", False),
}
RUN = load_schema("bulk")["properties"]["runs"]["additionalProperties"]
TRAINING = complete({}, RUN["properties"]["training"])
TORCH, BULKFORMER = "torch loop", "BulkFormer plan"
DEPTH = {"transformer": "layers", "perceiver": "blocks"}


class Shape(NamedTuple):
    """What is trained; the clock starts after the first step."""

    family: str
    genes: int
    tokens: int  # genes of a sample that a step of ours looks at
    dim: int
    depth: int
    heads: int
    batch: int
    steps: int
    peer: str = BULKFORMER

    def __str__(self) -> str:
        read = f"{self.tokens} of {self.genes} genes" if self.tokens < self.genes else f"all {self.genes} genes"
        size = f"dim {self.dim}, {self.depth} {DEPTH[self.family]}"
        return f"{self.family}, {size}, {read}, batch of {self.batch}"


SHAPES = [
    Shape("transformer", 600, 512, 64, 2, 4, 16, 17, TORCH),  # the demo's
    Shape("transformer", 19000, 2000, 256, 6, 8, 2, 5, TORCH),
    Shape("transformer", 2000, 2000, 128, 2, 8, 8, 6),
    Shape("transformer", 2000, 512, 128, 2, 8, 8, 6),  # the default of genes_per_sample
    Shape("perceiver", 2000, 2000, 128, 2, 8, 8, 6),
    Shape("transformer", 20000, 2000, 128, 2, 8, 2, 5),
    Shape("transformer", 20000, 512, 128, 2, 8, 2, 5),
    Shape("perceiver", 20000, 20000, 128, 2, 8, 2, 5),
]


def cases(folder: Path) -> list[Case]:
    shards = [write(folder / str(place), shape) for place, shape in enumerate(SHAPES)]
    return [
        Case(str(shape), {tool: python("tests.bench.bulk", tool, place, shards[place]) for tool in (OURS, shape.peer)})
        for place, shape in enumerate(SHAPES)
    ]


def write(folder: Path, shape: Shape) -> Path:
    """A shard of as many train samples as the steps take, and one to validate on."""
    samples, genes = shape.batch * shape.steps + 1, shape.genes
    x = np.random.default_rng(0).gamma(2, 1, (samples, genes)).astype(np.float32)
    obs = pd.DataFrame(index=[f"S{sample}" for sample in range(samples)])
    obs = obs.assign(corpus="made", group="", label="", total_counts=1e6, nonzero_genes=genes)
    expression.write(x, obs, gene_ids(genes), np.ones(genes, bool), folder / "shard.h5ad")
    return folder / "shard.h5ad"


def gene_ids(genes: int) -> list[str]:
    return [f"G{gene}" for gene in range(genes)]


class Clock:
    """How fast the steps of a training follow one another."""

    def __init__(self) -> None:
        self.ticks: list[tuple[float, float]] = []

    def tick(self) -> None:
        self.ticks.append((time.perf_counter(), time.process_time()))

    def report(self, batch: int) -> dict[str, float]:
        """By the median step: what else the machine does may meet a few of them."""
        wall, cpu = np.median(np.diff(self.ticks[WARM:], axis=0), axis=0)
        return {"speed": batch / wall, "cpu": 1e3 * cpu / batch}


def new_model(shape: Shape) -> Stack:
    """A new network with the default settings of its family, upon 64 factors and vectors of the 8M ESM2's width."""
    torch.manual_seed(0)
    base = Base(shape.genes, 64, 0)
    base.loadings.normal_(0, 0.1)
    base.axes.copy_(torch.linalg.qr(base.loadings).Q)
    base.held_out = base.loadings.expand(FOLDS, -1, -1).clone()
    genes = anndata.AnnData(torch.randn(shape.genes, 320).numpy(), pd.DataFrame({"missing": [False] * shape.genes}))
    family = family_of(shape)
    settings = {name: key["default"] for name, key in family.SETTINGS["properties"].items()}
    settings |= {"dim": shape.dim, DEPTH[shape.family]: shape.depth, "heads": shape.heads}
    return Stack(base, family.create(settings, genes, base, None, 0, shape.tokens))


def family_of(shape: Shape) -> ModuleType:
    return importlib.import_module(MODELS[shape.family])


def ours(path: Path, shape: Shape, clock: Clock) -> nn.Module:
    model, family = new_model(shape), family_of(shape)
    number, genes = shape.batch * shape.steps, shape.genes
    names = pd.Index([f"S{sample}" for sample in range(number + 1)])
    known, sd = np.ones(genes, bool), np.ones(genes, np.float32)
    folds = pd.Series(np.arange(len(names)) % FOLDS, names)
    samples = data.Samples([path], order_digest(gene_ids(genes)), names[:-1], names[-1:], known, sd, folds)
    augmentation = TRAINING["augmentation"] | {"noise": family.NOISE}
    training = TRAINING | {"batch_size": shape.batch, "genes_per_sample": shape.tokens, "augmentation": augmentation}

    def loss(network: nn.Module, batch: data.Batch) -> Loss:
        if batch.fold[0] != UNSEEN:  # of train samples: those of the estimate of memory are none
            clock.tick()
        return objectives.loss(family, network, model.base, batch, TRAINING["objectives"])

    task = Task(
        training=lambda epoch, part: data.training_batches(samples, training, 1, epoch, part),
        validation=lambda part: data.validation_batches(samples, training, 1, part),
        loss=loss,
        example=lambda rows: next(data.validation_batches(samples, {**training, "batch_size": rows}, 1)),
    )
    schedule = Schedule(
        seed=1,
        samples=number,
        batch_size=shape.batch,
        accumulate=1,
        max_epochs=1,
        learning_rate=1e-4,
        weight_decay=0.01,
        ema=0.0,
        patience=1,
        accelerator="cpu",
    )
    with tempfile.TemporaryDirectory() as folder:
        fit(model.network, task, schedule, Checkpoints(Path(folder), "bench"))
    return model.network


def torch_loop(path: Path, shape: Shape, clock: Clock) -> nn.Module:
    model, family = new_model(shape), family_of(shape)

    def loss(values: Tensor) -> Loss:
        ratio = torch.empty(()).uniform_(TRAINING["min_mask_ratio"], TRAINING["max_mask_ratio"])
        masked = torch.rand(values.shape) < ratio
        index = torch.rand(values.shape).topk(shape.tokens, sorted=False).indices
        fold = torch.arange(len(values)) % FOLDS
        batch = data.Batch(values, ~masked, index, None, masked, fold, values)
        return objectives.loss(family, model.network, model.base, batch, TRAINING["objectives"])

    return train(path, shape.batch, clock, model.network, loss)


def bulkformer(path: Path, shape: Shape, clock: Clock) -> nn.Module:
    peer = importlib.import_module("tests.bench.peers.bulkformer")  # its packages are needed here alone
    torch.manual_seed(0)
    network = peer.Plan(shape.genes, shape.dim, shape.depth, shape.heads, shape.batch)
    return train(path, shape.batch, clock, network, lambda values: peer.loss(network, values))


def train(path: Path, batch: int, clock: Clock, network: nn.Module, loss_of: Callable[[Tensor], Loss]) -> nn.Module:
    x = torch.from_numpy(expression.read(path).X[:-1])
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-4, weight_decay=0.01, betas=(0.9, 0.98))
    network.train()
    for rows in torch.randperm(len(x)).split(batch):
        clock.tick()
        sum(term.total / term.count for term in loss_of(x[rows]).minimised).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
    return network


TOOLS = {OURS: ours, TORCH: torch_loop, BULKFORMER: bulkformer}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("tool", choices=TOOLS)
    parser.add_argument("shape", type=int, help="its place in SHAPES")
    parser.add_argument("shard", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(THREADS)
    shape, clock = SHAPES[options.shape], Clock()
    network = TOOLS[options.tool](options.shard, shape, clock)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    print(json.dumps({**clock.report(shape.batch), "parameters": parameters}))


if __name__ == "__main__":
    main()
