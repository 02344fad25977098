"""Training of networks from sequence to tracks, and what they then predict; and windows read for it.

A genome of 4.4 Mb, of which 0.4 Mb are held out. On either strand stand genes, each after one of four words that says
how much signal it has; along a gene two bases at the 3' end of the RNA say how much of it is where. All tools see the
same windows, half of them as they are on the other strand, in as many steps, and predict both strands of a window in
the same bins from about the same receptive field with about as many weights; held-out r is over all bins of both
strands, of the mean of what is said of a window and of its reverse complement. The peers' networks and losses
(`peers/track_networks`) run in a loop of plain PyTorch around batches that are made beforehand; ours is trained as a
run is (windows read while it trains, Lightning, averaged weights). Float32 on two cores.

Loading: windows of 8,192 bp at random, one-hot bases and bins of both strands, beside pyBigWig and pysam, a window a
call, with the files held open.
"""

from __future__ import annotations

import argparse
import importlib
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyBigWig
import pysam
import torch
from torch import Tensor, nn

from tests.bench.runner import OURS, Case, Metric, python
from workflow_scripts.contracts import track_store
from workflow_scripts.io.bases import decode, encode, reverse_complement
from workflow_scripts.io.files import digest
from workflow_scripts.io.seal import seal_beside
from workflow_scripts.seq2track import bundle, data, training
from workflow_scripts.settings.schema import complete, load_schema
from workflow_scripts.training.loop import Task, fit
from workflow_scripts.training.objective import Loss
from workflow_scripts.training.resume import Checkpoints
from workflow_scripts.training.schedule import Schedule

THREADS, WARM, STEPS, BATCH = 2, 2, 120, 8
PEER_RATE = 0.001  # peak learning rate of peers, the default of bpnet-lite
METRICS = {
    "speed": Metric("kb/s", True),
    "cpu": Metric("CPU ms/kb", False),
    "held_out": Metric("r", True),
    "parameters": Metric("trained", False),
    "loading": Metric("windows/s", True),
}
LENGTHS = {"train": 4_000_000, "validation": 32_768, "test": 393_216}  # bp of the chromosomes
TRACKS = [{"name": "track", "assay": "netseq", "strand": strand} for strand in ("plus", "minus")]
WORDS = {"TATAAAAG": 2.0, "CCGGAAGT": 1.0, "TGACTCAT": 0.5, "GGGCGGGG": 0.25}  # reads a base of the genes after them


class Shape(NamedTuple):
    """What is trained: ours, and networks of about its size."""

    width: int  # bp of a window
    bin: int
    context: int
    model: dict[str, Any]  # of `seq2track/runs/{run}`
    peers: dict[str, tuple[int, ...]]  # what `peers.track_networks` makes of them

    def __str__(self) -> str:
        ((family, _),) = self.model.items()
        return f"{family}, windows of {self.width:,} bp, bins of {self.bin} bp"


SHAPES = [
    Shape(
        4096, 16, 1072, {"dilated": {"dim": 112, "blocks": 6, "max_dilation": 16}},
        {"bpnet-lite": (104, 9, 256, 1072), "cherimoya": (84, 10, 256, 1072)},
    ),
    Shape(
        4096, 16, 1024, {"transformer": {"dim": 128, "layers": 2, "dropout": 0}},
        {"enformer-pytorch": (96, 2, 256, 4)},
    ),
    Shape(
        16384, 128, 2048, {"transformer": {"dim": 96, "layers": 4}}, {"enformer-pytorch": (96, 4, 128, 7)},
    ),
]  # fmt: skip
LOADING = "windows of 8,192 bp, bins of 16 bp"
PER_WINDOW = "pyBigWig, pysam"


def cases(folder: Path) -> list[Case]:
    write(folder)
    found = [
        Case(str(shape), {tool: command(tool, place, folder) for tool in (OURS, *shape.peers)})
        for place, shape in enumerate(SHAPES)
    ]
    return [*found, Case(LOADING, {tool: command(tool, len(SHAPES), folder) for tool in (OURS, PER_WINDOW)})]


def command(tool: str, place: int, folder: Path) -> list[str]:
    return python("tests.bench.seq2track", tool, place, folder)


# The genome and its signal


def write(folder: Path) -> None:
    """Genome, bigWigs of both strands, and a TrackStore of each width and bin."""
    rng = np.random.default_rng(1)
    preference = np.exp(rng.normal(0, 0.6, 16))  # of a base and the next
    made = {name: chromosome(rng, length, preference) for name, length in LENGTHS.items()}
    folder.mkdir(parents=True, exist_ok=True)
    genome = folder / "genome.fa"
    genome.write_text("".join(f">{name}\n{text}\n" for name, (text, _) in made.items()))
    pysam.faidx(str(genome))
    for path in (genome, folder / "genome.fa.fai"):
        seal_beside(path)
    for strand, track in enumerate(TRACKS):
        with pyBigWig.open(str(folder / f"{track['strand']}.bw"), "w") as file:
            file.addHeader(list(LENGTHS.items()))
            for name, (_, signal) in made.items():
                at = np.flatnonzero(signal[strand])
                file.addEntries([name] * len(at), at, ends=at + 1, values=signal[strand, at].astype(float))
    for width, bin in {(shape.width, shape.bin) for shape in SHAPES} | {(8192, 16)}:
        write_store(folder, {name: signal for name, (_, signal) in made.items()}, width, bin)


def chromosome(rng: np.random.Generator, length: int, preference: np.ndarray) -> tuple[str, np.ndarray]:
    """Bases, and reads (2, bp) of each strand in its direction of the plus strand."""
    codes = rng.integers(0, 4, length).astype(np.uint8)
    expected = np.full((2, length), 0.005)
    words = [(encode(word), level) for word, level in WORDS.items()]
    at = 500
    while at < length - 4500:
        size, strand = int(rng.integers(600, 3000)), int(rng.integers(2))
        word, level = words[rng.integers(len(words))]
        gene = slice(at, at + size)
        start = gene.start if strand == 0 else gene.stop - len(word)
        codes[start : start + len(word)] = word if strand == 0 else reverse_complement(word)
        expected[strand, gene] += level
        at = gene.stop + int(rng.integers(200, 1500))
    for strand, read in enumerate((codes, reverse_complement(codes))):
        local = preference[4 * read.astype(int) + np.roll(read, -1)]
        expected[strand] *= local if strand == 0 else local[::-1]
    return decode(codes), rng.poisson(expected)


def write_store(folder: Path, signal: dict[str, np.ndarray], width: int, bin: int) -> None:
    rows = [(name, at) for name, length in LENGTHS.items() for at in range(0, length // width * width, width)]
    table = pd.DataFrame(rows, columns=["chrom", "start"])
    table["end"], table["split"] = table["start"] + width, table["chrom"]
    table["fold"] = table["split"].map({"validation": 0, "test": 1, "train": 2})
    table = table[["chrom", "start", "end", "fold", "split"]]
    table.insert(0, "window", np.arange(len(table)))
    windows, targets = places(folder, width, bin)
    track_store.write_windows(table, windows)
    blocks = (
        (signal[row.chrom][:, row.start : row.end].reshape(2, -1, bin).sum(-1).astype(np.float32), known)
        for known in [np.ones((2, width // bin), bool)]
        for row in table.itertuples()
    )
    about = {"bins": width // bin, "bin_width": bin, "set_name": "made", "clip": 0.0}
    track_store.write_targets(blocks, TRACKS, targets, windows=table, genome=digest(folder / "genome.fa"), **about)


def places(folder: Path, width: int, bin: int) -> tuple[Path, Path]:
    return folder / f"windows.{width}.{bin}.parquet", folder / f"targets.{width}.{bin}.h5"


def read(folder: Path, width: int, bin: int, context: int) -> data.Windows:
    windows, targets = places(folder, width, bin)
    genome = folder / "genome.fa"
    return data.Windows(genome, folder / "genome.fa.fai", targets, track_store.read_windows(windows), context)


# Training


def run_of(shape: Shape) -> dict[str, Any]:
    """Ours, as a configuration gives it; as many windows as the steps take are an epoch."""
    run = {"set": "made", "context": shape.context, "model": shape.model, "training": {"batch_size": BATCH}}
    return complete({"runs": {"bench": run}}, load_schema("seq2track"))["runs"]["bench"]


def batches(windows: data.Windows, spec: dict[str, Any]) -> list[data.Batch]:
    """As many as the steps are, of one epoch after another."""
    rows, found = data.split(windows.table, 1).train, []
    while len(found) < STEPS:
        found += data.training_batches(windows, rows[: len(rows) // BATCH * BATCH], spec["training"], 1, len(found))
    return found[:STEPS]


def schedule_of(spec: dict[str, Any], samples: int, rate: float, epochs: int) -> Schedule:
    settings = {name: spec["training"][name] for name in training.SCHEDULED}
    settings |= {"max_epochs": epochs, "learning_rate": rate, "patience": epochs}
    return Schedule(seed=1, samples=samples, accelerator="cpu", **settings)


def ours(windows: data.Windows, shape: Shape, tick: Callable[[], None]) -> nn.Module:
    spec = run_of(shape)
    rows, validation = data.split(windows.table, 1)[:2]
    rows = rows[: len(rows) // BATCH * BATCH]
    model = bundle.create(spec, TRACKS, windows.store.bins, windows.store.bin)
    bundle.set_scale(model, data.mean_signal(windows, rows))

    def loss(network: nn.Module, batch: data.Batch) -> Loss:
        if network.training and torch.is_grad_enabled():
            tick()
        return training.of_batch(network, batch, spec["training"])

    task = Task(
        training=lambda epoch, part: data.training_batches(windows, rows, spec["training"], 1, epoch, part),
        validation=lambda part: data.plain_batches(windows, validation, BATCH, part),
        loss=loss,
        example=lambda number: next(data.plain_batches(windows, validation, number)),
    )
    schedule = schedule_of(spec, len(rows), spec["training"]["learning_rate"], max(1, STEPS * BATCH // len(rows)))
    with tempfile.TemporaryDirectory() as folder:
        fit(model, task, schedule, Checkpoints(Path(folder), "bench"))
    return model


def peer(windows: data.Windows, shape: Shape, tick: Callable[[], None], tool: str) -> nn.Module:
    peers = importlib.import_module("tests.bench.peers.track_networks")  # its packages are needed here alone
    torch.manual_seed(0)
    spec, network = run_of(shape), peers.PEERS[tool](*shape.peers[tool])
    optimizer = torch.optim.AdamW(network.parameters(), lr=1.0)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, schedule_of(spec, STEPS * BATCH, PEER_RATE, 1).rate)
    for batch in batches(windows, spec):
        tick()
        network.loss(bases_of(batch.codes), batch.targets).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
    return network


def bases_of(codes: Tensor) -> Tensor:
    return (codes[:, None] == torch.arange(4, dtype=torch.uint8)[:, None]).float()


def held_out(windows: data.Windows, say: Callable[[Tensor], Tensor]) -> float:
    """Pearson's r over bins of the test chromosome; say: (B, 2, N) of codes (B, L)."""
    said, true = [], []
    with torch.inference_mode():
        for batch in data.plain_batches(windows, data.split(windows.table, 1).test, BATCH):
            other = (3 - batch.codes).flip(-1)
            said.append((say(batch.codes) + say(other).flip(1, 2)) / 2)
            true.append(batch.targets)
    return float(np.corrcoef(torch.cat(said).ravel(), torch.cat(true).ravel())[0, 1])


def measure(tool: str, shape: Shape, folder: Path) -> dict[str, float]:
    windows = read(folder, shape.width, shape.bin, shape.context)
    ticks: list[tuple[float, float]] = []

    def tick() -> None:
        ticks.append((time.perf_counter(), time.process_time()))

    network = ours(windows, shape, tick) if tool == OURS else peer(windows, shape, tick, tool)
    wall, cpu = np.median(np.diff(ticks[WARM:], axis=0), axis=0)  # what else the machine does may meet a few steps
    network.eval()
    say = network if tool == OURS else lambda codes: network(bases_of(codes))
    kilobases = BATCH * shape.width / 1000
    return {
        "speed": kilobases / wall,
        "cpu": 1e3 * cpu / kilobases,
        "held_out": held_out(windows, say),
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
    }


# Loading

SECONDS = 3.0  # for which windows are read


def loading(tool: str, folder: Path) -> dict[str, float]:
    windows = read(folder, 8192, 16, 0)
    rows = np.random.default_rng(1).permutation(data.split(windows.table, 1).train)
    rows = rows[: len(rows) // BATCH * BATCH]
    settings = {"shift": 0, "batch_size": BATCH, "reverse_complement": False}
    read_all = ours_read if tool == OURS else per_window
    started, number, epoch = time.perf_counter(), 0, 0
    while (spent := time.perf_counter() - started) < SECONDS:
        number, epoch = number + read_all(windows, rows, folder, settings, epoch), epoch + 1
    return {"loading": number / spent}


def ours_read(windows: data.Windows, rows: np.ndarray, folder: Path, settings: dict[str, Any], epoch: int) -> int:
    return sum(len(bases_of(of.codes)) for of in data.training_batches(windows, rows, settings, 1, epoch))


def per_window(windows: data.Windows, rows: np.ndarray, folder: Path, settings: dict[str, Any], epoch: int) -> int:
    letters = np.frombuffer(b"ACGT", np.uint8)
    with pysam.FastaFile(str(folder / "genome.fa")) as genome:
        tracks = [pyBigWig.open(str(folder / f"{track['strand']}.bw")) for track in TRACKS]
        for row in rows:
            of = windows.table.iloc[row]
            text = np.frombuffer(genome.fetch(of["chrom"], of["start"], of["end"]).encode(), np.uint8)
            torch.from_numpy((text == letters[:, None]).astype(np.float32))
            values = [np.nan_to_num(track.values(of["chrom"], of["start"], of["end"], numpy=True)) for track in tracks]
            torch.from_numpy(np.stack(values).reshape(2, -1, 16).sum(-1))
        for track in tracks:
            track.close()
    return len(rows)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("tool")
    parser.add_argument("place", type=int, help="in SHAPES; beyond them, of windows that are read")
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(THREADS)
    if options.place < len(SHAPES):
        print(json.dumps(measure(options.tool, SHAPES[options.place], options.folder)))
    else:
        print(json.dumps(loading(options.tool, options.folder)))


if __name__ == "__main__":
    main()
