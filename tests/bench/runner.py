"""Ours and its peers side by side: `make bench`, or `make bench STAGE=tracks`.

A stage has a module beside this one with `METRICS` and `cases(folder)`. Each measurement is a process of its own
that prints one JSON object, {metric: value}, as its last line; the runner adds the largest memory of the process.
The tools of a case take turns, so that what else the machine does meets all of them, and the median of at least
five rounds counts. `results/bench/{stage}.tsv` has the columns case, tool, metric, value, unit and ratio: how many
times better ours is than this tool in this metric (above 1, ours is better).
"""

from __future__ import annotations

import argparse
import csv
import importlib
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

OURS = "genelm"
ROUNDS = 5
COLUMNS = ("case", "tool", "metric", "value", "unit", "ratio")


class Metric(NamedTuple):
    unit: str
    more_is_better: bool


MEMORY = {"max_rss": Metric("MiB", False)}


class Case(NamedTuple):
    """One comparison: the command of each tool by name, ours (`OURS`) among them."""

    name: str
    commands: dict[str, Sequence[str]]


def python(module: str, *arguments: object) -> list[str]:
    """The command that runs a module of the project with this Python."""
    return [sys.executable, "-m", module, *map(str, arguments)]


# A small process in between: the memory of a child counts from what its parent held when it was started.
LAUNCH = """
import json, os, subprocess, sys
process = subprocess.Popen(sys.argv[1:])
_, status, usage = os.wait4(process.pid, 0)
print(json.dumps({"max_rss": usage.ru_maxrss / 1024}))
sys.exit(os.waitstatus_to_exitcode(status))
"""


def measure(command: Sequence[str]) -> dict[str, float]:
    """Run one command; return what it printed and its largest memory (MiB)."""
    launch = [sys.executable, "-S", "-c", LAUNCH, *command]
    printed = subprocess.run(launch, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    return {**json.loads(printed[-2]), **json.loads(printed[-1])}


def compare(case: Case, metrics: dict[str, Metric], rounds: int) -> list[dict[str, object]]:
    """One row a tool and metric: the median over `rounds`, and the ratio to ours."""
    found: dict[str, list[dict[str, float]]] = {tool: [] for tool in case.commands}
    for _ in range(rounds):
        for tool, command in case.commands.items():
            found[tool].append(measure(command))
    medians = {
        tool: {name: statistics.median(run[name] for run in runs) for name in runs[0]} for tool, runs in found.items()
    }
    rows = []
    for tool, values in medians.items():
        for name, value in values.items():
            unit, more_is_better = metrics[name]
            ours = medians[OURS][name]
            ratio = ours / value if more_is_better else value / ours
            rows.append(dict(zip(COLUMNS, (case.name, tool, name, f"{value:.6g}", unit, f"{ratio:.3g}"), strict=True)))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("stages", nargs="*", help="stages with a module beside this one; all without")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--results", type=Path, default=Path("results/bench"))
    options = parser.parse_args()
    here = Path(__file__)
    stages = options.stages or sorted(file.stem for file in here.parent.glob("*.py") if file != here)
    options.results.mkdir(parents=True, exist_ok=True)
    for stage in stages:
        module = importlib.import_module(f"tests.bench.{stage}")
        with tempfile.TemporaryDirectory() as folder:
            rows = []
            for case in module.cases(Path(folder)):
                compared = compare(case, {**MEMORY, **module.METRICS}, options.rounds)
                print(*("\t".join(map(str, row.values())) for row in compared), sep="\n", flush=True)
                rows += compared
        with (options.results / f"{stage}.tsv").open("w", newline="") as handle:
            writer = csv.DictWriter(handle, COLUMNS, delimiter="\t", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        print(f"{options.results / stage}.tsv")


if __name__ == "__main__":
    main()
