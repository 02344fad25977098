"""Training samples per second of the bulk transformer: our loop, and one of plain PyTorch around the same model.

The plain loop holds every sample in memory, draws with torch, and neither validates nor keeps a state: what ours
adds to it (shards, draws that can be repeated, Lightning, checks) is what the ratio shows. Float32 on two cores.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from tests.bench.runner import OURS, Case, Metric, python
from workflow_scripts.bulk import data
from workflow_scripts.bulk.base import FOLDS, Base
from workflow_scripts.bulk.models import transformer
from workflow_scripts.bulk.models.transformer import Transformer, TransformerConfig
from workflow_scripts.bulk.stack import Stack
from workflow_scripts.contracts import expression
from workflow_scripts.contracts.gene_order import order_digest
from workflow_scripts.training.loop import Task, fit
from workflow_scripts.training.objective import Loss
from workflow_scripts.training.resume import Checkpoints
from workflow_scripts.training.schedule import Schedule

THREADS, WARM = 2, 1  # cores; steps before the clock starts
METRICS = {"speed": Metric("samples/s", True), "cpu": Metric("CPU ms/sample", False)}
SHAPES = {
    "demo": {"genes": 600, "tokens": 512, "dim": 64, "layers": 2, "heads": 4, "batch": 16, "steps": 17},
    "dim 256, 6 layers": {"genes": 19000, "tokens": 2000, "dim": 256, "layers": 6, "heads": 8, "batch": 2, "steps": 5},
}
TRAINING = {"min_mask_ratio": 0.1, "max_mask_ratio": 0.6}


def cases(folder: Path) -> list[Case]:
    return [
        Case(
            f"{name}, {shape['tokens']} of {shape['genes']} genes, batch of {shape['batch']}",
            {tool: python("tests.bench.bulk", tool, name, write(folder / name, **shape)) for tool in TOOLS},
        )
        for name, shape in SHAPES.items()
    ]


def write(folder: Path, genes: int, batch: int, steps: int, **_: int) -> Path:
    """A shard of as many train samples as the steps take, and one to validate on."""
    samples = batch * steps + 1
    x = np.random.default_rng(0).gamma(2, 1, (samples, genes)).astype(np.float32)
    obs = pd.DataFrame(index=[f"S{sample}" for sample in range(samples)])
    obs = obs.assign(corpus="made", group="", label="", total_counts=1e6, nonzero_genes=genes)
    expression.write(x, obs, gene_ids(genes), np.ones(genes, bool), folder / "shard.h5ad")
    return folder / "shard.h5ad"


def gene_ids(genes: int) -> list[str]:
    return [f"G{gene}" for gene in range(genes)]


class Clock:
    """The loss of the model, and how fast its steps follow one another."""

    def __init__(self, batch: int) -> None:
        self.batch = batch
        self.ticks: list[tuple[float, float]] = []

    def loss(self, network: Transformer, base: Base, batch: data.Batch) -> Loss:
        if network.training:
            self.ticks.append((time.perf_counter(), time.process_time()))
        return transformer.loss(network, base, batch)

    def report(self) -> dict[str, float]:
        (wall, cpu), (wall_end, cpu_end) = self.ticks[WARM], self.ticks[-1]
        samples = self.batch * (len(self.ticks) - 1 - WARM)
        return {"speed": samples / (wall_end - wall), "cpu": 1e3 * (cpu_end - cpu) / samples}


def new_model(genes: int, tokens: int, dim: int, layers: int, heads: int) -> Stack:
    torch.manual_seed(0)
    config = TransformerConfig(
        genes=genes,
        gene_vector=320,
        factors=64,
        tokens=tokens,
        dim=dim,
        layers=layers,
        heads=heads,
        dropout=0.0,
        ree_base=100.0,
    )
    base = Base(genes, 64, 0)
    base.loadings.normal_(0, 0.1)
    base.held_out = base.loadings.expand(FOLDS, -1, -1).clone()
    return Stack(base, Transformer(config))


def ours(path: Path, model: Stack, clock: Clock, steps: int) -> None:
    names = pd.Index([f"S{sample}" for sample in range(clock.batch * steps + 1)])
    genes = model.network.config.genes
    known, folds = np.ones(genes, bool), pd.Series(np.arange(len(names)) % FOLDS, names)
    samples = data.Samples([path], order_digest(gene_ids(genes)), names[:-1], names[-1:], known, folds)
    training = {**TRAINING, "batch_size": clock.batch, "genes_per_sample": model.network.config.tokens}
    task = Task(
        training=lambda epoch, part: data.training_batches(samples, training, 1, epoch, part),
        validation=lambda part: data.validation_batches(samples, training, 1, part),
        loss=lambda network, batch: clock.loss(network, model.base, batch),
    )
    schedule = Schedule(
        seed=1,
        samples=clock.batch * steps,
        batch_size=clock.batch,
        max_epochs=1,
        learning_rate=1e-4,
        weight_decay=0.01,
        patience=1,
        accelerator="cpu",
    )
    with tempfile.TemporaryDirectory() as folder:
        fit(model.network, task, schedule, Checkpoints(Path(folder), "bench"))


def torch_loop(path: Path, model: Stack, clock: Clock, steps: int) -> None:
    x = torch.from_numpy(expression.read(path).X[:-1])
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.01, betas=(0.9, 0.98))
    model.train()
    for rows in torch.randperm(len(x)).split(clock.batch):
        values = x[rows]
        ratio = torch.empty(()).uniform_(TRAINING["min_mask_ratio"], TRAINING["max_mask_ratio"])
        masked = torch.rand(values.shape) < ratio
        index = torch.rand(values.shape).topk(model.network.config.tokens, sorted=False).indices
        loss = clock.loss(
            model.network, model.base, data.Batch(values, ~masked, index, None, masked, torch.arange(len(rows)) % FOLDS)
        )
        (loss.total / loss.count).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()


TOOLS: dict[str, Callable[[Path, Stack, Clock, int], None]] = {OURS: ours, "torch loop": torch_loop}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("tool", choices=TOOLS)
    parser.add_argument("shape", choices=SHAPES)
    parser.add_argument("shard", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(THREADS)
    shape = dict(SHAPES[options.shape])
    steps, clock = shape.pop("steps"), Clock(shape.pop("batch"))
    TOOLS[options.tool](options.shard, new_model(**shape), clock, steps)
    print(json.dumps(clock.report()))


if __name__ == "__main__":
    main()
