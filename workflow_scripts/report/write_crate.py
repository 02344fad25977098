"""How the results were made, as an RO-Crate: every job with its files, checksums, times, and the workflow itself."""

from workflow_scripts.rule import run

import json
import shutil
from pathlib import Path

from workflow_scripts.io import job_record
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import replacing
from workflow_scripts.io.ledger import sha256_of
from workflow_scripts.report.crate import Crate, Job

ROOT = Path(__file__).resolve().parents[2]
# What a run is repeated with.
PARTS = ("Snakefile", "rules", "envs", "profiles", "config", "workflow_scripts", "requirements.lock", "LICENSE")


def write_crate(
    *,
    finished: list[Path],
    crate: Path,
    workflow: Path,
    configuration: Path,
    content: dict,
    logs: Path,
    benchmarks: Path,
) -> None:
    """Describe the run that made `finished` in `crate`, with a copy of the workflow and of its configuration.

    content: the configuration, completed, with paths that hold anywhere. logs and benchmarks: the folders of what jobs
    recorded and of what they cost. Raises BadInput where a file is not what its job wrote, or was made from another
    state of a file than the one that is there.
    """
    made = [str(file) for file in job_record.files(finished)]
    jobs = reachable(made, read_jobs(logs, benchmarks), crate.parent)
    require_current(jobs)
    with replacing(workflow) as folder:
        folder.mkdir()
        for part in PARTS:
            copy(ROOT / part, folder / part)
    with replacing(configuration) as temporary:  # JSON is YAML
        temporary.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    described = Crate(crate.parent, configuration.stem, configuration).describe(jobs, made)
    with replacing(crate) as temporary:
        temporary.write_text(described, encoding="utf-8")


def copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    elif source.exists():
        shutil.copyfile(source, target)


def read_jobs(logs: Path, benchmarks: Path) -> list[Job]:
    """Every job that left a record, by name."""
    jobs = []
    for path in sorted(logs.rglob("*.json")):
        place = path.relative_to(logs).with_suffix("")
        cost = benchmarks / f"{place}.jsonl"
        usage = json.loads(cost.read_text(encoding="utf-8").splitlines()[-1]) if cost.is_file() else {}
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


def require_current(jobs: list[Job]) -> None:
    """Raise BadInput unless every file that a job wrote is what it wrote, and what others read."""
    written = {file: sha256 for job in jobs for file, sha256 in job.record["outputs"].items()}
    for job in jobs:
        for file, sha256 in job.record["inputs"].items():
            if written.get(file, sha256) != sha256:
                raise BadInput(job.name, file, "was read in another state", "Remove its outputs and run again.")
    for file, sha256 in written.items():
        if Path(file).exists() and sha256_of(Path(file)) != sha256:
            raise BadInput(file, "", "is not what its job wrote", "Remove it and run again.")


if "snakemake" in globals():
    run(write_crate, snakemake)  # noqa: F821
