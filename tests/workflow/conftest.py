"""One completed demo for all tests that look at it or go on from a copy of it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from filelock import FileLock

from tests.support.workflow import RESULTS, snakemake, succeeded


def without_network() -> tuple[str, ...]:
    """A command prefix that leaves no network interface up; empty where the kernel does not allow it."""
    prefix = ("unshare", "--net", "--map-root-user")
    allowed = shutil.which("unshare") and subprocess.run([*prefix, "true"], capture_output=True).returncode == 0
    return prefix if allowed else ()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder of a completed demo, made with no network interface up where that can be had; tests change copies.

    Made once for all processes of a run of tests: who comes second waits for it.
    """
    own = tmp_path_factory.getbasetemp()
    directory = (own if worker_id == "master" else own.parent) / "demo"
    report = ("--report", f"{RESULTS}/report/report.html", "--report-after-run")
    with FileLock(f"{directory}.lock"):
        if not directory.is_dir():
            made = directory.with_name("demo.unfinished")
            assert not made.exists(), "the demo failed in another process"
            assert succeeded(snakemake("--cores", "1", *report, directory=made, prefix=without_network()))
            made.rename(directory)
    return directory
