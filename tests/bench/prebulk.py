"""Counts of an ARCHS4 file: ours, archs4py and h5py that reads along the chunks; and the door `normalize_counts`.

A file has 62,548 gene rows of which 20,000 are genes of the table, and is compressed as ARCHS4's are: byte shuffle
and gzip 4, 40 to 60 kB a sample. Each tool reads samples to counts per gene. archs4py is asked for some of the
samples only, drawn at random, since it inflates a chunk anew for each; the others read all.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
import zlib
from pathlib import Path

import archs4py.data
import h5py
import numpy as np
import pandas as pd

from tests.bench.runner import Case, Metric, python
from tests.prebulk.sources import gene_id, spec, write_genes
from workflow_scripts.contracts import expression
from workflow_scripts.prebulk.gene_mapping import map_rows
from workflow_scripts.prebulk.normalize_counts import normalize_counts
from workflow_scripts.prebulk.readers import archs4

METRICS = {
    "samples_per_s": Metric("samples/s", True),
    "cpu_per_sample": Metric("ms", False),  # of all cores
    "normalize": Metric("s", False),  # to log(TPM+1), without writing it
    "normalize_cpu": Metric("s", False),
    "write": Metric("s", False),  # of the ExpressionStore
}
ROWS, GENES = 62_548, 20_000
DRAWN = 400  # samples that are simulated; a file repeats them
SAMPLES = 12_000  # of a file: about those of one job
SHARDS = 4  # jobs into which the samples to normalize are split
THREADS = 2
LAYOUTS = {"200 x 200": (200, 200), "2000 x 100": (2000, 100), "500 x 50": (500, 50), "genes x 8": (ROWS, 8)}
# Samples that archs4py reads in some seconds.
ASKED = {"200 x 200": 24, "2000 x 100": 48, "500 x 50": 64, "genes x 8": 200}


def cases(folder: Path) -> list[Case]:
    counts, ids = simulate_counts()
    write_genes(folder / "genes.parquet", GENES)
    found = []
    for name, chunks in LAYOUTS.items():
        path = write_file(folder / f"{name.replace(' ', '')}.h5", counts, ids, chunks)
        tools = {tool: python("tests.bench.prebulk", tool, path, ASKED[name]) for tool in READERS}
        found.append(Case(f"read, chunks {name}", tools))
    command = python("tests.bench.prebulk", "normalize", path, SHARDS)
    return [*found, Case(f"normalize {SAMPLES:,} samples, chunks {name}", {"genelm": command})]


def simulate_counts() -> tuple[np.ndarray, list[str]]:
    """Counts (ROWS x DRAWN, uint32), half of them 0 and the highest in millions, and the Ensembl id of each row."""
    generator = np.random.default_rng(0)
    order = generator.permutation(ROWS)
    in_table = order < GENES
    level = np.where(in_table, generator.normal(4.8, 2.6, ROWS), generator.normal(-2.2, 2.6, ROWS))
    depth = generator.normal(0, 0.4, DRAWN)
    counts = np.empty((ROWS, DRAWN), np.uint32)
    for sample in range(DRAWN):
        mean = np.exp(level + depth[sample] + generator.normal(0, 0.6, ROWS))
        counts[:, sample] = generator.poisson(np.minimum(mean, 5e6))
    return counts, [gene_id(number) for number in order]


def write_file(path: Path, counts: np.ndarray, ids: list[str], chunks: tuple[int, int]) -> Path:
    """An ARCHS4 file of SAMPLES samples; those of `counts` come again and again, each chunk compressed once."""
    height, width = chunks
    with h5py.File(path, "w") as file:
        layout = {"chunks": chunks, "compression": "gzip", "compression_opts": 4, "shuffle": True}
        dataset = file.create_dataset("data/expression", (ROWS, SAMPLES), counts.dtype, **layout)
        for row in range(0, ROWS, height):
            for sample in range(0, DRAWN, width):
                values = np.zeros(chunks, counts.dtype)
                part = counts[row : row + height, sample : sample + width]
                values[: part.shape[0], : part.shape[1]] = part
                raw = zlib.compress(values.view(np.uint8).reshape(-1, values.itemsize).T.tobytes(), 4)
                for again in range(sample, SAMPLES, DRAWN):
                    dataset.id.write_direct_chunk((row, again), raw)
        file["meta/genes/ensembl_gene"] = ids
        file["meta/genes/symbol"] = [f"S{name}" for name in ids]
        file["meta/samples/geo_accession"] = [f"GSM{number}" for number in range(SAMPLES)]
        file["meta/samples/series_id"] = [f"GSE{number}" for number in range(SAMPLES)]
        file["meta/samples/singlecellprobability"] = np.full(SAMPLES, 0.1)
        file["meta/samples/alignedreads"] = np.full(SAMPLES, 1e7)
    return path


def read_genelm(path: Path, asked: int) -> int:
    """Read all samples to counts per gene; return how many were read."""
    mapping = map_rows(archs4.read_genes(path), pd.read_parquet(path.parent / "genes.parquet"))
    blocks = archs4.read_counts(path, mapping, 0, 1, np.ones(SAMPLES, bool), THREADS)
    return sum(block.shape[1] for _, block in blocks)


def read_archs4py(path: Path, asked: int) -> int:
    """As its users call it: a table of all rows, of which the genes are taken."""
    chosen = np.random.default_rng(0).choice(SAMPLES, asked, replace=False)
    counts = archs4py.data.index(str(path), chosen.tolist(), silent=True)
    return counts.to_numpy()[rows_of_genes(path)].astype(np.float64).shape[1]


def read_h5py(path: Path, asked: int) -> int:
    """Block by block along the chunks."""
    rows, read = rows_of_genes(path), 0
    with h5py.File(path) as file:
        dataset = file["data/expression"]
        width = -(-64 // dataset.chunks[1]) * dataset.chunks[1]
        for first in range(0, SAMPLES, width):
            read += dataset[:, first : first + width][rows].astype(np.float64).shape[1]
    return read


def rows_of_genes(path: Path) -> np.ndarray:
    """The row of each gene of the table: here every gene has one, so that nothing is left to add up."""
    with h5py.File(path) as file:
        rows = pd.Index(file["meta/genes/ensembl_gene"].asstr()[:])
    return rows.get_indexer([gene_id(number) for number in range(GENES)])


READERS = {"genelm": read_genelm, "archs4py": read_archs4py, "h5py": read_h5py}


def cpu_seconds() -> float:
    """Of this process and those that it has waited for."""
    return sum(os.times()[:4])


def measure_reading(tool: str, path: Path, asked: int) -> dict[str, float]:
    start, cpu = time.perf_counter(), cpu_seconds()
    samples = READERS[tool](path, asked)
    wall, cpu = time.perf_counter() - start, cpu_seconds() - cpu
    return {"samples_per_s": samples / wall, "cpu_per_sample": 1000 * cpu / samples}


def measure_normalizing(path: Path, shards: int) -> dict[str, float]:
    """All shards of a file, one after another."""
    written = np.zeros(2)
    write = expression.write

    def timed_write(*arguments: object) -> None:
        start = np.array([time.perf_counter(), cpu_seconds()])
        write(*arguments)
        written[:] += np.array([time.perf_counter(), cpu_seconds()]) - start

    expression.write = timed_write
    start = np.array([time.perf_counter(), cpu_seconds()])
    for shard in range(shards):
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            normalize_counts(
                counts=[path],
                genes=path.parent / "genes.parquet",
                expression=Path(folder, "expression.h5ad"),
                sketch=Path(folder, "sketch.npz"),
                samples=Path(folder, "samples.parquet"),
                mapping=Path(folder, "mapping.parquet"),
                found=None,
                sheet=None,
                aliases=None,
                transcripts=None,
                qc=[],
                spec=spec(shards_per_file=shards),
                corpus="bench",
                shard=f"{shard:04d}",
                threads=THREADS,
            )
    wall, cpu = np.array([time.perf_counter(), cpu_seconds()]) - start - written
    return {"normalize": wall, "normalize_cpu": cpu, "write": written[0]}


if __name__ == "__main__":
    what, path, number = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    print(json.dumps(measure_normalizing(path, number) if what == "normalize" else measure_reading(what, path, number)))
