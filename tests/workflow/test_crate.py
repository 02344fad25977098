"""A run is described by a crate that conforms to its profile, and is repeated from it to the same bytes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.crates import validated
from tests.support.workflow import RESULTS, ROOT, snakemake, succeeded
from workflow_scripts.io.files import digest

NAME = "ro-crate-metadata.json"


def entities(crate: Path) -> dict[str, dict[str, Any]]:
    return {entity["@id"]: entity for entity in json.loads((crate / NAME).read_text())["@graph"]}


def test_the_crate_passes_every_required_check(demo: Path) -> None:
    found = validated(demo / RESULTS)
    assert [issue.message for issue in found.get_issues()] == []
    assert found.passed() and len(found.executed_checks) >= 85 and not found.skipped_checks


def test_what_lacks_in_a_crate_is_found(demo: Path, tmp_path: Path) -> None:
    """The stand-in for the context hides no fault from the validator."""
    crate = shutil.copytree(demo / RESULTS, tmp_path / "crate")
    graph = entities(crate)
    del graph["#organize"]["object"], graph["#step/train_bulk"]["workExample"]
    graph["./"]["conformsTo"] = graph["./"]["conformsTo"][:2]
    (crate / NAME).write_text(json.dumps({**json.loads((crate / NAME).read_text()), "@graph": list(graph.values())}))
    (crate / "reference/genes.parquet").unlink()
    found = validated(crate)
    said = " ".join(issue.message for issue in found.get_issues())
    for fault in (
        "OrganizeAction must reference the ControlAction",
        "HowToStep must refer",
        "Provenance Run Crate profile",
    ):
        assert fault in said
    assert len(found.failed_checks) >= 3


def test_it_tells_of_every_job_and_of_every_file_that_it_made(demo: Path) -> None:
    graph = entities(demo / RESULTS)
    jobs = {name.removeprefix("#job/") for name in graph if name.startswith("#job/") and name.count("/") == 2}
    logs = {str(path.relative_to(demo / RESULTS / "logs").with_suffix("")) for path in (demo / RESULTS).rglob("*.log")}
    assert jobs == logs - {"report/write_crate"}
    files = {name: entity for name, entity in graph.items() if "sha256" in entity}
    assert len(files) > 80
    for name, entity in files.items():
        assert digest(demo / RESULTS / name) == entity["sha256"], name
    trained = graph["#job/bulk/train_bulk.small"]
    assert {"@id": "bulk/small/model/model.safetensors"} in trained["result"]
    assert {"@id": "prebulk/splits.parquet"} in trained["object"]
    (spec,) = (entity for name, entity in graph.items() if name == "#job/bulk/train_bulk.small/spec")
    assert json.loads(spec["value"])["seed"] == 1
    used = {graph[usage["@id"]]["name"]: graph[usage["@id"]]["value"] for usage in trained["resourceUsage"]}
    assert used["wall time"] > 1 and used["largest memory"] > 100
    assert "torch 2.13" in graph[trained["environment"]["@id"]]["value"]


def test_a_run_is_repeated_from_its_crate_alone(demo: Path, tmp_path: Path) -> None:
    """Of a user's own files, and from another place."""
    data = tmp_path / "data"
    data.mkdir()
    for name in ("Homo_sapiens.GRCh38.107.gtf.gz", "Homo_sapiens.GRCh38.pep.all.fa.gz"):
        shutil.copy(demo / RESULTS / "resources" / name, data / f"my.{name}")
    reference = {"proteome": "./my.Homo_sapiens.GRCh38.pep.all.fa.gz", "gtf": "./my.Homo_sapiens.GRCh38.107.gtf.gz"}
    config = data / "own.yaml"
    config.write_text(yaml.safe_dump({"reference": reference | {"assembly": "GRCh38"}}))
    assert succeeded(snakemake("--cores", "2", directory=tmp_path / "run", configs=(config,)))
    config.unlink()  # the crate has it
    crate = (tmp_path / "run/results/own").rename(tmp_path / "own")
    assert validated(crate).passed()

    def repeat(into: Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "workflow_scripts.report.repeat_crate", crate, into, "--cores", "2"]
        return subprocess.run(list(map(str, command)), cwd=ROOT, text=True, capture_output=True, check=False)

    done = repeat(tmp_path / "again")
    assert done.returncode == 0 and " 0 differ." in done.stdout.splitlines()[-1], done.stdout + done.stderr
    genes = "results/own/reference/genes.parquet"
    assert (tmp_path / "again" / genes).read_bytes() == (crate / "reference/genes.parquet").read_bytes()
    again = repeat(tmp_path / "again")
    assert again.returncode and "again: is not empty" in again.stderr
    graph = entities(crate)
    graph["reference/genes.parquet"]["sha256"] = "0" * 64
    (crate / NAME).write_text(json.dumps({"@graph": list(graph.values())}))
    other = repeat(tmp_path / "third")
    assert other.returncode and other.stderr.splitlines()[-1] == "reference/genes.parquet: other bytes"


@pytest.mark.parametrize("content", [None, "[]", "{}"])
def test_what_is_no_crate_is_said_in_one_line(content: str | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / NAME).write_text(content)
    command = [sys.executable, "-m", "workflow_scripts.report.repeat_crate", str(tmp_path), str(tmp_path / "into")]
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False)
    assert done.returncode and "is no readable crate" in done.stderr and len(done.stderr.splitlines()) == 1
