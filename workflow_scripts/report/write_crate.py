"""How the results were made, as an RO-Crate: every job with its files, checksums, times, and the workflow itself."""

from workflow_scripts.rule import run

import json
import shutil
from pathlib import Path

from workflow_scripts.io import job_record
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import replacing
from workflow_scripts.io.ledger import sha256_of
from workflow_scripts.report.crate import Crate
from workflow_scripts.report.jobs import Job, reachable, read_jobs

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
