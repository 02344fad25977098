"""Mean vectors of proteins by an ESM2 of the 8M shape (6 layers of 320, 20 heads; random weights) on a CPU.

Proteins have the lengths of yeast's, cut to 1,022 residues as fair-esm's extraction cuts them. Reading the weights
and starting an engine are left out. fair-esm does what its `scripts/extract.py` does: its batches of 4,096 tokens,
its alphabet, the last layer, the mean over residues.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import time
from pathlib import Path

import esm
import numpy as np
import torch

from tests.bench.runner import Case, Metric, python
from tests.support.real_data import REAL_MIRROR
from workflow_scripts.esm2.encoders.registry import load_encoder
from workflow_scripts.esm2.windows import cut, in_batches
from workflow_scripts.simulate.weights import make_checkpoint, write_checkpoint

METRICS = {
    "sequences_per_s": Metric("1/s", True),
    "residues_per_s": Metric("1/s", True),
    "residues_per_cpu_s": Metric("1/s", True),
}
PROTEINS = 200
WINDOW = 1022
LAYERS = 6
TOKENS = 4096


def cases(folder: Path) -> list[Case]:
    write_checkpoint(
        make_checkpoint({"seed": 0, "layers": LAYERS, "embed_dim": 320, "attention_heads": 20}), folder / "weights.pt"
    )
    (folder / "proteins.txt").write_text("\n".join(draw_proteins(PROTEINS)))

    def command(*tool: str) -> list[str]:
        return python("tests.bench.esm2", folder, *tool)

    return [
        Case(
            precision,
            {
                "genelm": command("openvino", precision),
                "genelm torch": command("torch", precision),
                "fair-esm": command("fair-esm"),
            },
        )
        for precision in ("float32", "bfloat16")
    ]


def draw_proteins(count: int) -> list[str]:
    """Proteins of yeast, drawn at random; of random residues and such lengths where there is no mirror."""
    rng = np.random.default_rng(0)
    if REAL_MIRROR:
        (file,) = REAL_MIRROR.rglob("Saccharomyces_cerevisiae.R64-1-1.pep.all.fa.gz")
        with gzip.open(file, "rt") as handle:
            proteome = ["".join(record.splitlines()[1:]).replace("*", "") for record in handle.read().split(">")[1:]]
        chosen = [proteome[place] for place in rng.choice(len(proteome), count, replace=False)]
    else:
        lengths = np.exp(rng.normal(np.log(357), 0.8, count)).clip(30, 5000).astype(int)  # median of yeast
        chosen = ["".join(rng.choice(list("ACDEFGHIKLMNPQRSTVWY"), length)) for length in lengths]
    return [protein[:WINDOW] for protein in chosen]


def embed(weights: Path, proteins: list[str], engine: str, precision: str, cores: int) -> tuple[float, float]:
    """Wall-clock and CPU seconds of our encoder."""
    encoder = load_encoder(weights, precision, engine)
    windows = [window for row, protein in enumerate(proteins) for window in cut(row, len(protein), WINDOW, 511)]
    batches = [
        ([proteins[window.gene] for window in batch], np.stack([window.share for window in batch]))
        for batch in in_batches(windows, TOKENS)
    ]
    pooled = encoder.pool_batches([(["MKT"], np.ones((1, 3), np.float32)), *batches], cores)
    next(pooled)  # the engine has started
    wall, cpu = time.perf_counter(), time.process_time()
    vectors = [vector for batch in pooled for vector in batch]
    assert len(vectors) == len(proteins)
    return time.perf_counter() - wall, time.process_time() - cpu


def extract(weights: Path, proteins: list[str], cores: int) -> tuple[float, float]:
    """Wall-clock and CPU seconds of fair-esm's extraction."""
    torch.set_num_threads(cores)
    with torch.serialization.safe_globals([argparse.Namespace]):
        checkpoint = torch.load(weights, weights_only=True)
    model, alphabet = esm.pretrained.load_model_and_alphabet_core("esm2", checkpoint, None)
    model.eval()
    data = esm.FastaBatchedDataset(list(map(str, range(len(proteins)))), proteins)
    loader = torch.utils.data.DataLoader(
        data,
        collate_fn=alphabet.get_batch_converter(WINDOW),
        batch_sampler=data.get_batch_indices(TOKENS, extra_toks_per_seq=1),
    )
    wall, cpu = time.perf_counter(), time.process_time()
    vectors = {}
    with torch.no_grad():
        for labels, sequences, tokens in loader:
            layer = model(tokens, repr_layers=[LAYERS], return_contacts=False)["representations"][LAYERS]
            for row, label in enumerate(labels):
                vectors[label] = layer[row, 1 : min(WINDOW, len(sequences[row])) + 1].mean(0).clone()
    assert len(vectors) == len(proteins)
    return time.perf_counter() - wall, time.process_time() - cpu


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("tool", nargs="+", help="fair-esm, or an engine and a precision")
    options = parser.parse_args()
    proteins = (options.folder / "proteins.txt").read_text().split()
    cores = len(os.sched_getaffinity(0))
    if options.tool == ["fair-esm"]:
        wall, cpu = extract(options.folder / "weights.pt", proteins, cores)
    else:
        wall, cpu = embed(options.folder / "weights.pt", proteins, *options.tool, cores)
    residues = sum(map(len, proteins))
    rates = (len(proteins) / wall, residues / wall, residues / cpu)
    print(json.dumps(dict(zip(METRICS, rates, strict=True))))


if __name__ == "__main__":
    main()
