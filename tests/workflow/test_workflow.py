"""What a user meets first: the checks of the configuration, lint, dry runs, the tables of the README."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.support.real_data import REAL_MIRROR
from tests.support.workflow import DEMO, ROOT, snakemake, succeeded
from tests.workflow.conftest import without_network
from workflow_scripts.docs import readmes
from workflow_scripts.settings.schema import load_schema

SHIPPED = sorted((ROOT / "config").glob("*.yaml"))


@pytest.mark.parametrize("config", SHIPPED, ids=lambda file: file.stem)
def test_a_shipped_configuration_dry_runs_offline(config: Path, tmp_path: Path) -> None:
    if config.stem.startswith(("human_mini", "human_organs")) and REAL_MIRROR is None:
        pytest.skip("it reads the mirror at ../shared/mirror")
    stand_in = f"{ROOT / 'tests/support/conda_stand_in/bin'}:{os.environ['PATH']}"
    arguments = ("--dry-run", "--cores", "1", "--quiet", "--use-conda")
    assert succeeded(
        snakemake(*arguments, directory=tmp_path, configs=(config,), prefix=without_network(), PATH=stand_in)
    )


@pytest.mark.parametrize("readme", readmes.READMES, ids=lambda path: path.parent.name)
def test_what_is_made_of_the_code_is_up_to_date(readme: Path) -> None:
    text = readme.read_text()
    assert readmes.page(text) == text, "run `make docs`"


def refusal(tmp_path: Path, change: dict) -> str:
    """What Snakemake prints when a change is laid over the demo."""
    overlay = tmp_path / "change.yaml"
    overlay.write_text(yaml.safe_dump(change))
    result = snakemake("--dry-run", "--cores", "1", directory=tmp_path, configs=(DEMO, overlay))
    assert result.returncode != 0
    return result.stdout + result.stderr


def test_a_bad_value_names_key_value_and_what_is_allowed(tmp_path: Path) -> None:
    printed = refusal(tmp_path, {"prebulk": {"splits": {"train": "most"}}})
    assert "prebulk/splits/train: given 'most'; allowed: number" in printed


def test_an_unknown_key_names_the_known_ones(tmp_path: Path) -> None:
    printed = refusal(tmp_path, {"prebulk": {"splitz": {}}})
    assert "prebulk: unknown key 'splitz'; allowed: corpora, duplicates" in printed


def test_an_undeclared_file_is_refused_before_any_job(tmp_path: Path) -> None:
    printed = refusal(tmp_path, {"reference": {"genome": "no_such_genome.fa.gz"}})
    assert "reference/genome: given 'no_such_genome.fa.gz'; allowed: a row of config/datasets.tsv" in printed


def test_every_key_is_described() -> None:
    rows = readmes.keys(load_schema())
    assert not [row for row in rows if row.split("|")[2].strip() == ""]


def test_the_network_is_down_in_tests_of_a_run_without_it() -> None:
    """Where the kernel does not allow it, the demo runs with the network up, and this says so."""
    prefix = without_network()
    if not prefix:
        pytest.skip("`unshare --net` is not allowed here: the demo was run with the network up")
    found = subprocess.run([*prefix, "cat", "/proc/net/dev"], capture_output=True, text=True, check=True).stdout
    assert [line.split(":")[0].strip() for line in found.splitlines()[2:]] in ([], ["lo"])
