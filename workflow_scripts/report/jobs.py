"""The records that jobs left, and those of them that some files stand on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from workflow_scripts.io import job_record
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import digest


class Job(NamedTuple):
    """One job that the results stand on."""

    name: str  # `{stage}/{rule}` or `{stage}/{rule}.{name}`, as its log is called
    record: dict[str, Any]  # as `io/job_record` wrote it
    usage: dict[str, Any]  # as Snakemake measured it

    @property
    def tool(self) -> str:
        return f"workflow/workflow_scripts/{self.name.split('.')[0]}.py"


def read_jobs(logs: Path, benchmarks: Path | None = None) -> list[Job]:
    """Every job that left a record, by name, with what it cost where the folder of benchmarks is given."""
    jobs = []
    for path in sorted(logs.rglob("*.json")):
        place = path.relative_to(logs).with_suffix("")
        cost = benchmarks / f"{place}.jsonl" if benchmarks else None
        usage = json.loads(cost.read_text(encoding="utf-8").splitlines()[-1]) if cost and cost.is_file() else {}
        jobs.append(Job(str(place), job_record.read(path), usage))
    return jobs


def reachable(made: list[str], jobs: list[Job], root: Path) -> list[Job]:
    """The jobs that made the files `made`, and those that made what they read; others are of an earlier state.

    Raises BadInput on a file below `root`, the folder of the results, that no job recorded.
    """
    maker = {file: job for job in jobs for file in job.record["outputs"]}
    waiting, seen, found = list(made), set(), {}
    while waiting:
        file = waiting.pop()
        job = maker.get(file)
        if file in seen:
            continue
        if job:
            found[job.name] = job
            waiting += job.record["inputs"]
        elif Path(file).is_relative_to(root):
            remedy = "Remove it and run again; results of an earlier version: give --forceall once."
            raise BadInput(file, "", "no job recorded that it made this", remedy)
        seen.add(file)
    return [found[name] for name in sorted(found)]


def require_written(files: list[Path], jobs: list[Job]) -> None:
    """Raise BadInput unless each file, which carries no checksum of its own, is what its job wrote."""
    written = {file: sha256 for job in jobs for file, sha256 in job.record["outputs"].items()}
    for file in files:
        if digest(file) != written[str(file)]:
            raise BadInput(file, "", "is not what its job wrote", "Remove it and run again.")


def versions(jobs: list[Job]) -> dict[str, str]:
    """{package: version} that these jobs recorded; where they differ, all, with "and" between."""
    found: dict[str, set[str]] = {}
    for job in jobs:
        for package, version in job.record["versions"].items():
            found.setdefault(package, set()).add(version)
    return {package: " and ".join(sorted(of)) for package, of in found.items()}
