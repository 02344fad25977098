"""Signal of a bigWig in windows, bins and gene bodies: ours beside pyBigWig, pybigtools and figwig.

Two tracks of one chromosome of 30 Mb: `sparse` is like nascent RNA (500,000 bases with a count), `dense` like
coverage (3,000,000 runs without gaps). Each tool opens the file and answers in the fastest way that it offers, in
one thread, about a megabase a call where it takes more than a window. Ours checks the seal of the file each time, as
every job does. The first answer is compared with the exact one and not timed.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType

import numpy as np

from tests.bench.runner import OURS, Case, Metric, python
from workflow_scripts.io import seal
from workflow_scripts.tracks.runs import Runs
from workflow_scripts.tracks.sealed_bigwig import BigWigWriter, SealedBigWig

METRICS = {"Mb_per_cpu_s": Metric("Mb/CPU-s", True), "Mb_per_s": Metric("Mb/s", True)}

LENGTH = 30_000_000
CALL = 1 << 20  # bp
SECONDS = 1.0  # CPU time for which an answer is repeated
Answer = Iterator[np.ndarray]  # of a job, in any number of arrays


# The jobs: windows and bins side by side as (width, bin), and the bodies of genes.

WINDOWS = {
    "every base of windows of 2,114 bp": (2_114, 1),
    "128-bp sums of windows of 114,688 bp": (114_688, 128),
    "128-bp sums of the chromosome": (128, 128),
}
GENES = "sums over 20,000 gene bodies"


def gene_bodies() -> tuple[np.ndarray, np.ndarray]:
    """Start and end of 20,000 intervals of 500 bp to 60 kb."""
    rng = np.random.default_rng(1)
    start = rng.integers(0, LENGTH - 60_000, 20_000)
    return start, start + rng.integers(500, 60_000, 20_000)


# The tools


def genelm(_: ModuleType, path: Path, job: str) -> Answer:
    seal._digest_of_state.cache_clear()
    track = SealedBigWig(path)
    if job == GENES:
        start, end = gene_bodies()
        yield track.sums(np.full(len(start), "chr1", object), start, end)
    else:
        width, bin = WINDOWS[job]
        for first, end in calls(width):
            yield track.bin_sums("chr1", first, (end - first) // bin, bin)


def pybigwig(module: ModuleType, path: Path, job: str) -> Answer:
    with module.open(str(path)) as file:
        if job == GENES:
            yield np.array(
                [
                    file.stats("chr1", start, end, type="sum", exact=True)[0] or 0
                    for start, end in zip(*map(np.ndarray.tolist, gene_bodies()), strict=True)
                ]
            )
        else:
            width, bin = WINDOWS[job]
            for first, end in calls(width, None if width > bin else CALL):
                values = np.nan_to_num(file.values("chr1", first, end, numpy=True), copy=False)
                yield values if bin == 1 else values.reshape(-1, bin).sum(axis=1, dtype=np.float64)


def pybigtools(module: ModuleType, path: Path, job: str) -> Answer:
    def sums(start: int, end: int, bins: int) -> np.ndarray:
        return file.values("chr1", start, end, bins=bins, summary="sum", exact=True, fillna=0.0)

    with module.open(str(path)) as file:
        if job == GENES:
            yield np.array(
                [sums(start, end, 1)[0] for start, end in zip(*map(np.ndarray.tolist, gene_bodies()), strict=True)]
            )
        else:
            width, bin = WINDOWS[job]
            for first, end in calls(width, None if width > bin else CALL):
                yield (
                    file.values("chr1", first, end, fillna=0.0) if bin == 1 else sums(first, end, (end - first) // bin)
                )


def figwig(module: ModuleType, path: Path, job: str) -> Answer:
    """It takes many windows of one width at once, and has no sums."""
    file = module.BigWigReader(str(path))
    width, bin = WINDOWS[job]
    for first, end in calls(width):
        values = file.read("chr1", np.arange(first, end, width), width, n_jobs=1)
        yield values if bin == 1 else values.reshape(-1, bin).sum(axis=1, dtype=np.float64)


def calls(width: int, most: int | None = CALL) -> list[tuple[int, int]]:
    """Start and end of whole windows of `width` side by side, as many as `most` bp hold (or one) at a time."""
    step = max(1, (most or 0) // width) * width
    whole = LENGTH // width * width
    return [(start, min(start + step, whole)) for start in range(0, whole, step)]


TOOLS: dict[str, tuple[Callable[..., Answer], str]] = {
    OURS: (genelm, "workflow_scripts.tracks.sealed_bigwig"),
    "pyBigWig": (pybigwig, "pyBigWig"),
    "pybigtools": (pybigtools, "pybigtools"),
    "figwig": (figwig, "figwig"),
}


# The tracks


def sparse(rng: np.random.Generator) -> np.ndarray:
    """Counts on 500,000 bases of 400 genes, most of them near where a gene starts."""
    start, length = rng.integers(0, LENGTH - 60_000, 400), rng.integers(2_000, 60_000, 400)
    gene = rng.integers(0, 400, 1_200_000)
    covered = np.unique(start[gene] + (rng.beta(0.5, 1, len(gene)) * length[gene]).astype(int))
    signal = np.zeros(LENGTH)
    signal[rng.choice(covered, 500_000, replace=False)] = rng.geometric(0.6, 500_000)
    return signal


def dense(rng: np.random.Generator) -> np.ndarray:
    """A value on every base, the same over 10 bp on average."""
    edges = np.sort(rng.choice(np.arange(1, LENGTH), 2_999_999, replace=False))
    return np.repeat(rng.integers(1, 400, 3_000_000) / 4, np.diff(edges, prepend=0, append=LENGTH))


def cases(folder: Path) -> list[Case]:
    # A process of its own writes them: what this one holds would count as memory of all that it starts.
    subprocess.run(python("tests.bench.tracks", "make", folder), check=True)
    found = []
    for track, answers in json.loads((folder / "exact.json").read_text()).items():
        for job, exact in answers.items():
            tools = [tool for tool in TOOLS if job != GENES or tool != "figwig"]
            commands = {tool: python("tests.bench.tracks", tool, folder / track, job, exact) for tool in tools}
            found.append(Case(f"{track.removesuffix('.bw')}: {job}", commands))
    return found


def make(folder: Path) -> None:
    """Write the tracks, and the fingerprints of the exact answers."""
    exact: dict[str, dict[str, float]] = {}
    for number, draw in enumerate((sparse, dense)):
        signal = draw(np.random.default_rng(number))
        name = f"{draw.__name__}.bw"
        write(signal, folder / name)
        total = np.cumsum(np.r_[0, signal])  # exact: quarters
        answers = {job: np.diff(total[: LENGTH // width * width + 1 : bin]) for job, (width, bin) in WINDOWS.items()}
        start, end = gene_bodies()
        answers[GENES] = total[end] - total[start]
        exact[name] = {job: fingerprint([answer]) for job, answer in answers.items()}
    (folder / "exact.json").write_text(json.dumps(exact))


def write(signal: np.ndarray, path: Path) -> None:
    """Write the signal of each base of a chromosome as a sealed track."""
    edges = np.flatnonzero(np.diff(signal, prepend=-1, append=-1))
    start, end, value = edges[:-1], edges[1:], signal[edges[:-1]]
    writer = BigWigWriter(path, {"chr1": LENGTH})
    for part in np.array_split(np.flatnonzero(value), 30):
        writer.append("chr1", Runs(start[part], end[part], value[part]))
    writer.close()
    seal.seal_beside(path)


# The measurement


def fingerprint(answer: Iterable[np.ndarray]) -> float:
    """A sum of all values by which a value at another place would show."""
    total, place = 0.0, 0
    for values in answer:
        total += float(np.dot(values.ravel().astype(np.float64), np.arange(place, place + values.size) % 1009 + 1))
        place += values.size
    return total


def measure(tool: str, path: Path, job: str, exact: float) -> None:
    answer, name = TOOLS[tool]
    module = importlib.import_module(name)  # of this tool alone: its memory is measured
    assert np.isclose(fingerprint(answer(module, path, job)), exact, rtol=1e-9), f"{tool} answers otherwise"
    passes, wall, cpu = 0, time.perf_counter(), time.process_time()
    while time.process_time() - cpu < SECONDS:
        for _ in answer(module, path, job):
            pass
        passes += 1
    start, end = gene_bodies()
    megabases = passes * ((end - start).sum() if job == GENES else LENGTH) / 1e6
    seconds = {"Mb_per_cpu_s": time.process_time() - cpu, "Mb_per_s": time.perf_counter() - wall}
    print(json.dumps({metric: megabases / spent for metric, spent in seconds.items()}))


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(Path(sys.argv[2]))
    else:
        measure(sys.argv[1], Path(sys.argv[2]), sys.argv[3], float(sys.argv[4]))
