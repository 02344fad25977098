"""The workflow as a module of another, which keeps all of it below a folder and its configuration under a key."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
import yaml
from snakemake.utils import update_config

from tests.support.crates import validated
from tests.support.workflow import DEMO, ROOT, TINY, jobs
from workflow_scripts.contracts import metrics
from workflow_scripts.io.attested import own_name
from workflow_scripts.simulate.weights import make_checkpoint, write_checkpoint

OUTER = f"""
configfile: "settings/outer.yaml"

module genelm:
    snakefile: "{ROOT}/Snakefile"
    config: config["genelm"]
    prefix: "inner"

use rule * from genelm as genelm_*

rule all:
    default_target: True
    input: rules.genelm_all.input
"""
FROM_GIT = """
module genelm:
    snakefile: gitfile("{repository}", path="Snakefile", commit="{commit}")

use rule * from genelm
"""
WEIGHTS = "data/weights.pt"  # relative to the working directory, since no file states it at this place
RESULTS = Path("inner/results/outer")
# Without tracks, which have most of the jobs; more epochs, so that the folder of checkpoints is there for a while.
CHANGE = {
    "bulk": {"runs": {"small": {"training": {"max_epochs": 12}}}},
    "esm2": {"models": {"esm2_t6_8M_UR50D": {"weights": WEIGHTS}}},
}


def outer_snakemake(*arguments: str, directory: Path) -> subprocess.Popen[str]:
    """Snakemake as the user of another workflow starts it, with no way to the project but what that says."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [sys.executable, "-m", "snakemake", "--cores", "2", *arguments]
    with (directory / "printed").open("w") as printed:
        return subprocess.Popen(command, cwd=directory, stdout=printed, stderr=printed, env=environment)


def said(*arguments: str, directory: Path) -> tuple[int, str]:
    """The exit status of an `outer_snakemake`, and what it printed."""
    status = outer_snakemake(*arguments, directory=directory).wait(timeout=1500)
    return status, (directory / "printed").read_text()


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A completed run: its directory, its jobs, and where checkpoints were seen."""
    directory = tmp_path_factory.mktemp("outer")
    config = yaml.safe_load(DEMO.read_text())
    for laid_over in (yaml.safe_load(TINY.read_text()), CHANGE):
        update_config(config, laid_over)
    for section in ("tracks", "seq2track"):
        del config[section]
    for name, text in {"Snakefile": OUTER, "settings/outer.yaml": yaml.safe_dump({"genelm": config})}.items():
        (directory / name).parent.mkdir(exist_ok=True)
        (directory / name).write_text(text)
    (directory / "data").mkdir()
    write_checkpoint(make_checkpoint(config["simulate"]["weights"]), directory / WEIGHTS)

    checkpoints = set()
    run = outer_snakemake("--report", "report.html", "--report-after-run", directory=directory)
    deadline = time.monotonic() + 600
    while run.poll() is None:
        assert time.monotonic() < deadline
        folders = [Path(folder) for folder, _, _ in os.walk(directory)]  # it passes over what vanishes
        checkpoints |= {folder.relative_to(directory) for folder in folders if folder.name == "checkpoints"}
        time.sleep(0.1)
    printed = (directory / "printed").read_text()
    assert run.returncode == 0, printed[-12000:]
    return SimpleNamespace(directory=directory, jobs=jobs(printed), checkpoints=checkpoints)


def test_a_module_runs_to_its_end_below_its_prefix(ran: SimpleNamespace) -> None:
    scores = metrics.read(ran.directory / RESULTS / "bulk/small/metrics.parquet")
    assert {"small", "gene_mean"} < set(scores["model"]), "the model and its baselines"
    assert {path.name for path in (ran.directory / RESULTS).iterdir()} >= {"logs", "benchmarks", "resources", "report"}
    given = {"Snakefile", "settings", "data", "printed", "report.html", ".snakemake"}
    assert {path.name for path in ran.directory.iterdir()} == {*given, "inner"}
    trained = {"bulk/small", "circuit/planted/ensemble"}
    assert ran.checkpoints == {RESULTS / model / "checkpoints" for model in trained}


def test_the_costs_of_a_module_count_every_job(ran: SimpleNamespace) -> None:
    costs = pd.read_csv(ran.directory / RESULTS / "report/costs.tsv", sep="\t", index_col="rule")
    counted = {f"genelm_{rule}": number for rule, number in costs["jobs"].items()}
    last = {"genelm_summarize_costs", "genelm_summarize_results", "genelm_write_crate"}
    assert counted == {rule: number for rule, number in ran.jobs.items() if rule not in last}
    assert counted["genelm_attest_file"] == 1


def test_the_crate_of_a_module_tells_of_every_job(ran: SimpleNamespace) -> None:
    assert validated(ran.directory / RESULTS).passed()
    graph = json.loads((ran.directory / RESULTS / "ro-crate-metadata.json").read_text())["@graph"]
    rules = Counter(f"genelm_{entity['name'].split('/')[-1].split('.')[0]}" for entity in graph if is_job(entity))
    assert rules == {rule: number for rule, number in ran.jobs.items() if rule != "genelm_write_crate"}


def is_job(entity: dict) -> bool:
    return entity["@type"] == "CreateAction" and entity["@id"].startswith("#job/")


def test_the_front_page_says_that_a_module_is_simulated(ran: SimpleNamespace) -> None:
    said = "The numbers show that the workflow works and recovers what was planted."
    assert (ran.directory / "report.html").read_text().count(said) == 1


def test_no_prefix_goes_before_the_path_of_an_own_file(ran: SimpleNamespace) -> None:
    provenance = ran.directory / RESULTS / f"provenance/{own_name(WEIGHTS)}.provenance.json"
    assert json.loads(provenance.read_text())["source"] == str(ran.directory / WEIGHTS)


def test_a_module_that_ran_has_nothing_to_do_until_a_download_is_exchanged(
    ran: SimpleNamespace, tmp_path: Path
) -> None:
    directory = shutil.copytree(ran.directory, tmp_path / "copy")
    status, printed = said("--dry-run", directory=directory)
    assert status == 0 and "Nothing to be done" in printed, printed
    exchanged = RESULTS / "resources/Homo_sapiens.GRCh38.107.gtf.gz"
    (directory / exchanged).write_bytes(b"another")
    status, printed = said("--dry-run", directory=directory)
    assert status != 0 and f"{exchanged}: is not the file that was downloaded" in printed, printed


def test_a_git_address_ends_in_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    repository, directory = tmp_path / "repository", tmp_path / "outer"
    for folder in (repository, directory):
        folder.mkdir()
    shutil.copy(ROOT / "Snakefile", repository)

    def git(*arguments: str) -> str:
        command = ["git", "-c", "user.name=test", "-c", "user.email=test@localhost", *arguments]
        return subprocess.run(command, cwd=repository, check=True, text=True, capture_output=True).stdout.strip()

    git("init")
    git("add", "Snakefile")
    git("commit", "-m", "the Snakefile")
    commit = git("rev-parse", "HEAD")
    (directory / "Snakefile").write_text(FROM_GIT.format(repository=repository, commit=commit))
    status, printed = said("--dry-run", directory=directory)
    assert status != 0
    (line,) = printed.splitlines()
    assert "not from a git address: `git clone` it" in line
