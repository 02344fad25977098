"""The demo in each rule's own environment, and on a cluster.

conda itself cannot be had where no channel is reached: `tests/support/conda_stand_in` answers the calls
that Snakemake makes and builds each environment from PyPI, holding only what its YAML declares. SLURM is
real: one node, with a fake GPU.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.workflow import DEMO, RESULTS, ROOT, TINY, succeeded

STAND_IN = ROOT / "tests/support/conda_stand_in/bin"
SLURM = ROOT / "tests/support/slurm"
STATE = Path("/tmp/genelm-slurm")
START = {**os.environ, "SLURM_SANDBOX": str(STATE), "SLURM_SANDBOX_MEM_MB": "20000"}
LOCK = ROOT / "requirements.lock"
MODEL = f"{RESULTS}/bulk/small/model"
# Another training than that of the demo, which lasts some seconds.
LONGER = "model: {transformer: {dim: 32, layers: 1}}, training: {max_epochs: 40, patience: 40}"
RETRAIN = ("--config", f"bulk={{runs: {{small: {{seed: 7, {LONGER}}}}}}}")
ENVS = sorted((ROOT / "envs").glob("*.yaml"))


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment with Snakemake alone, so that a rule finds a package only if its own YAML has it."""
    folder = tmp_path_factory.mktemp("bare")
    uv = shutil.which("uv", path=f"{ROOT / '.venv/bin'}:{os.environ['PATH']}")
    assert uv, "uv is in requirements.lock"
    subprocess.run([uv, "venv", "-q", "-p", "3.11", folder / "venv"], check=True)
    install = [uv, "pip", "install", "-q", "--python", folder / "venv/bin/python", "-c", LOCK]
    subprocess.run([*install, "snakemake", "snakemake-executor-plugin-slurm"], check=True)
    return {
        "PATH": f"{STAND_IN}:{folder / 'venv/bin'}:{os.environ['PATH']}",
        "CONDA_STAND_IN_UV": uv,
        "CONDA_STAND_IN_CONSTRAINTS": str(LOCK),
        "CONDA_PREFIX": str(folder / "conda"),
    }


def run(bare: dict[str, str], directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["snakemake", "--directory", str(directory), "--configfile", str(DEMO), str(TINY)]
    command += ["--conda-prefix", bare["CONDA_PREFIX"], *arguments]
    environment = {**os.environ, **bare, "PWD": str(ROOT)}  # as a shell has it
    for name in ("VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE"):  # compiled once an environment, not once a job
        environment.pop(name, None)
    return subprocess.run(command, cwd=ROOT, env=environment, text=True, capture_output=True, timeout=2000)


@pytest.fixture(scope="module")
def cluster():
    """A one-node SLURM with a fake GPU, for the time of these tests."""
    if os.geteuid() != 0 or not shutil.which("slurmctld"):
        pytest.skip("a one-node SLURM needs root and Debian's slurmctld, slurmd, slurm-client, munge")
    subprocess.run(["bash", SLURM / "slurm_up.sh"], env=START, check=True, timeout=300)
    yield {"SLURM_CONF": str(STATE / "slurm.conf")}
    subprocess.run(["bash", SLURM / "slurm_down.sh", "--purge"], env=START, check=True, timeout=120)


ON_SLURM = ["--workflow-profile", "profiles/slurm", "--latency-wait", "5", "--jobs", "4"]
ON_SLURM += ["--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "1"]
ON_SLURM += ["--seconds-between-status-checks", "1"]


@pytest.fixture(scope="module")
def demo_on_slurm(bare: dict[str, str], cluster: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("slurm")
    assert succeeded(run({**bare, **cluster}, directory, *ON_SLURM))
    return directory


def jobs(cluster: dict[str, str]) -> list[str]:
    """What SLURM tells of each job, in the order of their numbers."""
    show = ["scontrol", "show", "job"]
    told = subprocess.run(show, env={**os.environ, **cluster}, text=True, capture_output=True, check=True).stdout
    return sorted(told.strip().split("\n\n"), key=lambda job: int(job.split()[0].removeprefix("JobId=")))


def test_the_demo_runs_with_one_environment_a_stage(demo_on_slurm: Path, bare: dict[str, str]) -> None:
    assert (demo_on_slurm / RESULTS / "report/costs.html").is_file()
    made = [yaml.safe_load(file.read_text()) for file in Path(bare["CONDA_PREFIX"]).glob("*.yaml")]
    assert {environment["dependencies"][0] for environment in made} == {"python =3.11"}
    assert len(made) == len({file.read_bytes() for file in ENVS})


def test_rules_that_can_use_a_gpu_run_in_its_partition_and_no_others(
    demo_on_slurm: Path, cluster: dict[str, str]
) -> None:
    told = jobs(cluster)
    training = [job for job in told if "rule_train_bulk" in job]
    assert len(training) == 1
    assert "Partition=gpu" in training[0] and "TresPerJob=gres:gpu:1" in training[0]
    others = [job for job in told if "rule_normalize_counts" in job]
    assert others and all("Partition=cpu" in job for job in others)


def test_a_job_killed_for_memory_is_tried_again_with_more(
    demo_on_slurm: Path, bare: dict[str, str], cluster: dict[str, str]
) -> None:
    starved = ["--set-resources", "embed_proteins:mem_mb=100*attempt**4"]  # 100 MB, less than torch; then 1.6 GB
    result = run(
        {**bare, **cluster},
        demo_on_slurm,
        *ON_SLURM,
        *starved,
        "--forcerun",
        "embed_proteins",
        "--until",
        "embed_proteins",
    )
    assert succeeded(result)
    assert "Trying to restart job" in result.stdout + result.stderr
    killed, again = [job for job in jobs(cluster) if "rule_embed_proteins" in job][-2:]
    assert "JobState=COMPLETED" not in killed and "MinMemoryNode=100M" in killed
    assert "JobState=COMPLETED" in again and "MinMemoryNode=1600M" in again


def test_training_outlives_what_a_cluster_does(
    demo_on_slurm: Path, bare: dict[str, str], cluster: dict[str, str], tmp_path: Path
) -> None:
    """A node that is drained, a job that is cancelled in its midst, a controller that is started again."""
    undisturbed = shutil.copytree(demo_on_slurm, tmp_path / "undisturbed")
    assert succeeded(run(bare, undisturbed, MODEL, "--use-conda", "--cores", "2", *RETRAIN))
    directory = shutil.copytree(demo_on_slurm, tmp_path / "disturbed")
    checkpoints = directory / RESULTS / "bulk/small/checkpoints"
    slurm = {**os.environ, **cluster}
    (node,) = set(told(slurm, "sinfo", "--noheader", "--Node", "--format=%N").split())

    def trainings(state: str) -> list[str]:
        queue = told(slurm, "squeue", "--noheader", f"--states={state}", "--format=%i %k").splitlines()
        return [line.split()[0] for line in queue if "train_bulk" in line]

    told(slurm, "scontrol", "update", f"NodeName={node}", "State=DRAIN", "Reason=maintenance")
    with ThreadPoolExecutor() as pool:
        running = pool.submit(run, {**bare, **cluster}, directory, MODEL, *ON_SLURM, *RETRAIN)
        until(lambda: trainings("PENDING"), running)
        told(slurm, "scontrol", "update", f"NodeName={node}", "State=RESUME")
        until(lambda: list(checkpoints.glob("*/*.pt")), running)
        (first,) = trainings("RUNNING")
        told(slurm, "scancel", first)
        until(lambda: set(trainings("RUNNING")) - {first}, running)
        controller = int((STATE / "pid/slurmctld").read_text())
        os.kill(controller, signal.SIGTERM)
        until(lambda: not Path(f"/proc/{controller}").exists(), running)
        time.sleep(3)  # in which nobody answers
        subprocess.run(["bash", SLURM / "slurm_up.sh"], env=START, check=True, timeout=300)
        assert succeeded(running.result())
    assert "resume from" in (directory / RESULTS / "logs/bulk/train_bulk.small.log").read_text()
    weights = Path(MODEL, "model.safetensors")
    assert (directory / weights).read_bytes() == (undisturbed / weights).read_bytes()


def told(environment: dict[str, str], *command: str) -> str:
    return subprocess.run(command, env=environment, text=True, capture_output=True, check=True, timeout=60).stdout


def until(condition: Callable[[], Any], running: Future) -> None:
    """Wait for a condition as long as the run is at work."""
    while not condition():
        assert not running.done(), running.result().stderr[-5000:]
        time.sleep(0.05)


@pytest.mark.parametrize("file", ENVS, ids=lambda file: file.stem)
def test_an_environment_pins_what_the_lock_file_holds(file: Path) -> None:
    locked = dict(line.split("==") for line in LOCK.read_text().splitlines())
    locked = {name.lower().split("[")[0]: version for name, version in locked.items()}
    conda_names = {"pytorch": "torch", "matplotlib-base": "matplotlib"}
    environment = yaml.safe_load(file.read_text())
    assert environment["channels"] == ["conda-forge", "bioconda", "nodefaults"]
    pinned = [item for item in environment["dependencies"] if isinstance(item, str)]
    pinned += [
        item.replace("==", " =")
        for entry in environment["dependencies"]
        if isinstance(entry, dict)
        for item in entry["pip"]
    ]
    for item in pinned:
        name, version = item.split(" =")
        if name not in ("python", "pip"):
            assert locked[conda_names.get(name, name)] == version, f"{file}: {item}"


IMPORT_NAMES = {
    "torch": "pytorch",
    "matplotlib": "matplotlib-base",
    "pyBigWig": "pybigwig",
    "esm": "fair-esm",
    "sklearn": "scikit-learn",
    "umap": "umap-learn",
    "vl_convert": "vl-convert-python",
}


@pytest.mark.parametrize("file", ENVS, ids=lambda file: file.stem)
def test_an_environment_declares_all_that_its_stage_imports(file: Path) -> None:
    """Of numpy and pandas, which come with Snakemake itself, a run would not notice the absence."""
    from workflow_scripts.rule import PACKAGE, imported_packages

    dependencies = yaml.safe_load(file.read_text())["dependencies"]
    declared = {item.split(" =")[0] for item in dependencies if isinstance(item, str)}
    declared |= {name.split("==")[0] for item in dependencies if isinstance(item, dict) for name in item["pip"]}
    doors = [path for path in (PACKAGE / file.stem).glob("*.py") if '"snakemake" in globals()' in path.read_text()]
    assert doors
    needed = {IMPORT_NAMES.get(name, name) for door in doors for name in imported_packages(door)}
    assert needed <= declared, f"{file}: add {sorted(needed - declared)}"
