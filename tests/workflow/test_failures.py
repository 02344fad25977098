"""A job that fails takes its outputs with it: who repeats the command fails again, or repairs, and is never told that
there is nothing to be done beside results of an earlier state."""

from __future__ import annotations

import csv
import os
import shutil
from collections import defaultdict
from pathlib import Path

import pytest
import yaml

from tests.support.dry_runs import dry_runs
from tests.support.workflow import DEMO, RESULTS, snakemake, succeeded

# What is asked for; `all` is what these and the other stages ask for.
TARGETS = {"reference": "bulk", "prebulk": "bulk", "esm2": "bulk", "bulk": "bulk", "tracks": "tracks"}
OF_OTHERS = {"export_predicted": "seq2track"}  # a rule of one stage, for which another asks


@pytest.fixture(scope="module")
def outputs(demo: Path) -> dict[str, list[str]]:
    """{log: outputs} of one job of every rule."""
    summary = snakemake("--summary", directory=demo).stdout
    rows = list(csv.DictReader(summary[summary.index("output_file") :].splitlines(), delimiter="\t"))
    logs = {row["rule"]: row["log-file(s)"] for row in reversed(rows)}
    found = defaultdict(list)
    for row in rows:
        if row["log-file(s)"] in logs.values():
            found[row["log-file(s)"]].append(row["output_file"])
    return found


def test_a_job_whose_outputs_are_gone_runs_again(demo: Path, outputs: dict[str, list[str]], tmp_path: Path) -> None:
    """Though all that was made of them is there, and newer than anything else."""
    runs = {}
    for log, files in outputs.items():
        stage, name = Path(log).relative_to(f"{RESULTS}/logs").parts
        rule = name.split(".")[0]
        directory = shutil.copytree(demo, tmp_path / rule, copy_function=os.link)
        for file in files:
            path = directory / file
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        runs[rule] = (directory, DEMO, OF_OTHERS.get(rule, TARGETS.get(stage, "all")))
    assert len(runs) >= 33
    found = dict(zip(runs, dry_runs(*runs.values()), strict=True))
    forgotten = {rule: rules for rule, rules in found.items() if isinstance(rules, str) or rule not in rules}
    assert not forgotten, "a text is what Snakemake said in refusing it"


def test_a_file_of_the_report_that_is_gone_is_made_again(
    demo: Path, outputs: dict[str, list[str]], tmp_path: Path
) -> None:
    """Though the others of its job are there. The first of every job is gone at once, then the second, ..."""
    jobs = [[file for file in files if file.endswith((".png", ".html"))] for files in outputs.values()]
    shown = {Path(log).name.split(".")[0]: files for log, files in zip(outputs, jobs, strict=True) if files}
    most = max(map(len, shown.values()))
    assert len(shown) >= 8 and most >= 4
    runs = []
    for number in range(most):
        directory = shutil.copytree(demo, tmp_path / str(number), copy_function=os.link)
        for files in shown.values():
            (directory / files[min(number, len(files) - 1)]).unlink()
        runs.append((directory, DEMO, "all"))
    for found in dry_runs(*runs):
        assert set(shown) <= set(found), "a text is what Snakemake said in refusing it"


def test_the_same_command_fails_again_until_its_fault_is_mended(demo: Path, tmp_path: Path) -> None:
    directory = shutil.copytree(demo, tmp_path / "demo")
    config = yaml.safe_load(DEMO.read_text())
    config["prebulk"]["corpora"]["archs4"]["label"] = {"by": "field", "field": "tissu"}
    wrong = tmp_path / "config.yaml"
    wrong.write_text(yaml.safe_dump(config))
    for _ in range(2):
        result = snakemake("bulk", "--cores", "2", "--keep-going", directory=directory, configs=(wrong,))
        assert result.returncode != 0
        assert "tissu" in result.stderr and "Nothing to be done" not in result.stdout + result.stderr
    assert not list((directory / RESULTS / "prebulk/expression/archs4").glob("*.h5ad"))
    assert (directory / RESULTS / "bulk/small/metrics.parquet").exists(), "of the earlier state"
    assert succeeded(snakemake("prebulk", "--cores", "2", directory=directory))
    assert sorted(path.name for path in (directory / RESULTS / "prebulk/expression/archs4").glob("*.h5ad"))
