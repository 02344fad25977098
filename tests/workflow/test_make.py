"""`make run`, as a user calls it: set-up, lock, report."""

from __future__ import annotations

import fcntl
import importlib
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.workflow import RESULTS, ROOT, snakemake


def make_run(directory: Path) -> subprocess.CompletedProcess[str]:
    command = ["make", "run", "CONFIG=config", f"DIRECTORY={directory}", "CORES=2"]  # which may hold a space
    return subprocess.run(command, cwd=ROOT, text=True, capture_output=True, timeout=600)


def test_a_completed_run_is_only_reported_again(demo: Path, tmp_path: Path) -> None:
    directory = shutil.copytree(demo, tmp_path / "demo")
    report = directory / f"{RESULTS}/report/report.html"
    before = report.stat().st_mtime_ns
    result = make_run(directory)
    assert result.returncode == 0, result.stderr[-3000:]
    assert "Nothing to be done" in result.stdout + result.stderr
    assert report.stat().st_mtime_ns > before
    assert f"\nReport: {directory}/{RESULTS}/report/report.html\n" in result.stdout


@pytest.mark.parametrize("how", ["make", "snakemake"])
def test_two_runs_in_one_folder_exclude_each_other(how: str, tmp_path: Path) -> None:
    directory = tmp_path / "a folder"
    (directory / ".snakemake").mkdir(parents=True)
    with (directory / ".snakemake/run.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        result = make_run(directory) if how == "make" else snakemake("--cores", "1", directory=directory)
    assert result.returncode != 0
    assert f"Another run is at work in {directory}: wait for it, or give another directory." in result.stderr
    assert not (directory / RESULTS).exists()


@pytest.mark.parametrize("stage", sorted(path.stem for path in (ROOT / "tests/bench").glob("*.py")))
def test_a_benchmark_needs_its_peers_only_where_they_are_run(stage: str) -> None:
    """Its own processes import them; so what `make bench` compares can be read without them."""
    module = importlib.import_module(f"tests.bench.{stage}")
    assert stage == "runner" or (module.METRICS and callable(module.cases))
