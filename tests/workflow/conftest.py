"""One completed demo for all tests that look at it or go on from it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.workflow import DEMO, RESULTS, TINY, snakemake, succeeded


def without_network() -> tuple[str, ...]:
    """A command prefix that leaves no network interface up; empty where the kernel does not allow it."""
    prefix = ("unshare", "--net", "--map-root-user")
    allowed = shutil.which("unshare") and subprocess.run([*prefix, "true"], capture_output=True).returncode == 0
    return prefix if allowed else ()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a completed demo, made with no network interface up where that can be had."""
    directory = tmp_path_factory.mktemp("demo")
    report = ("--report", f"{RESULTS}/report/report.html", "--report-after-run")
    assert succeeded(snakemake("--cores", "2", *report, directory=directory, prefix=without_network()))
    return directory


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a completed smaller demo, for tests that run stages again."""
    directory = tmp_path_factory.mktemp("tiny")
    assert succeeded(snakemake("--cores", "2", "bulk", directory=directory, configs=(DEMO, TINY)))
    return directory
