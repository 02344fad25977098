"""`make run`, as a user calls it: set-up, lock, report."""

from __future__ import annotations

import fcntl
import importlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.workflow import AS_A_USER, RESULTS, ROOT, snakemake


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", *arguments], cwd=ROOT, env=AS_A_USER, text=True, capture_output=True, timeout=1500)


def make_run(directory: Path) -> subprocess.CompletedProcess[str]:
    return make("run", "CONFIG=config", f"DIRECTORY={directory}", "CORES=2")  # which may hold a space


def test_make_alone_tells_what_it_can_do() -> None:
    shown = make()
    assert shown.returncode == 0 and shown.stdout == make("help").stdout
    text = (ROOT / "Makefile").read_text()
    (targets,) = re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert re.findall(r"^  ([a-z]+) +\S", shown.stdout, re.MULTILINE) == targets.split()
    asked = set(re.findall(r"\$\(([A-Z]+)\)", text)) - {"PYTHONPATH", "CURDIR"}
    assert asked <= set(re.findall(r"^  .*?\b([A-Z]+)=", shown.stdout, re.MULTILINE)) | {"INTO", "ROUNDS"}


def test_a_completed_run_is_only_reported_again(demo: Path, tmp_path: Path) -> None:
    directory = shutil.copytree(demo, tmp_path / "demo")
    report = directory / f"{RESULTS}/report/report.html"
    before = report.stat().st_mtime_ns
    result = make_run(directory)
    assert result.returncode == 0, result.stderr[-3000:]
    assert "Nothing to be done" in result.stdout + result.stderr
    assert report.stat().st_mtime_ns > before
    *table, empty, named = result.stdout.splitlines()
    assert (empty, named) == ("", f"Report: {directory}/{RESULTS}/report/report.html")
    runs = [line.split("  ")[0] for line in table]
    runs = runs[runs.index("run") + 1 :]
    assert runs[:2] == ["small", "small"] and {"attention", "ensemble"} <= set(runs), "its scores, by the contracts"


def test_a_job_is_one_line_and_a_failure_says_why_and_where(demo: Path, tmp_path: Path) -> None:
    """Without control characters, since it is no terminal that listens."""
    directory = shutil.copytree(demo, tmp_path / "demo")
    for name in ("quality.png", "sources.html"):
        (directory / RESULTS / "report" / name).unlink()
    samples = directory / RESULTS / "prebulk/samples.parquet"
    samples.write_bytes(samples.read_bytes()[:-9])
    result = make_run(directory)
    assert result.returncode != 0 and not re.search("[\x1b\r]", result.stdout + result.stderr)
    said = result.stderr.splitlines()
    (done,) = [line.split() for line in said if re.match(" *[0-9]+/[0-9]+ ", line)]
    assert done[0].startswith("1/") and done[1:3] == ["report", "list_sources"]
    *_, failed, reason, log, _ = said
    assert failed.startswith("1 failed, 1 of ")
    assert reason.startswith(f"  plot_quality: {samples.relative_to(directory)}: is damaged")
    assert log == f"      log: {directory / RESULTS}/logs/report/plot_quality.log"
    assert len(said) < 12, "nothing else"


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
