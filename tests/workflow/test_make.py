"""`make run`, as a user calls it: set-up, lock, report."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from pathlib import Path

from tests.support.workflow import RESULTS, ROOT


def make_run(directory: Path) -> subprocess.CompletedProcess[str]:
    command = ["make", "run", "CONFIG=config", f"DIRECTORY={directory}", "CORES=2"]
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


def test_two_runs_in_one_folder_exclude_each_other(tmp_path: Path) -> None:
    (tmp_path / ".snakemake").mkdir()
    with (tmp_path / ".snakemake/run.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        result = make_run(tmp_path)
    assert result.returncode != 0
    assert f"Another run is at work in {tmp_path}" in result.stderr
    assert not (tmp_path / "results").exists()
