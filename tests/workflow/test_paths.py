"""A path of the configuration is relative to its own file, and is looked at before any job starts."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path

import pytest
import yaml

from tests.support.dry_runs import dry_runs
from tests.support.workflow import DEMO, RESULTS, ROOT, snakemake, succeeded
from tests.workflow.test_reruns import ADDED, laid_over
from workflow_scripts.contracts import gene_embedding
from workflow_scripts.docs.reruns import demo as demo_configuration
from workflow_scripts.settings.errors import BadConfiguration
from workflow_scripts.settings.schema import leaves, names_files
from workflow_scripts.settings.settings import Settings

WEIGHTS = "esm2/models/esm2_t6_8M_UR50D/weights"
BASE, SCHEMA = demo_configuration()
WITH_ALL = laid_over(BASE, ADDED)
FILES = {place: value for place, value, of_leaf in leaves(WITH_ALL, SCHEMA) if names_files(of_leaf)}


def settings(config: dict, *files: Path) -> Settings:
    return Settings(copy.deepcopy(config), str(ROOT / "config/datasets.tsv"), files)


def with_path(place: str, path: str) -> dict:
    return laid_over(WITH_ALL, {place: [path] if isinstance(FILES[place], list) else path})


def written(config: dict, file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(config))
    return file


@pytest.mark.parametrize("place", FILES)
def test_a_path_that_leads_nowhere_is_refused(place: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for path, reason in (("nosuch", "No such file"), ("folder", "Is a directory"), ("a\0b", "null byte")):
        with pytest.raises(BadConfiguration, match=rf"^configuration: {place}: given .*{reason}.*; allowed: a file to"):
            settings(with_path(place, f"{tmp_path}/{path}"))


@pytest.mark.parametrize("path", ["a/{b}", "a/<b>", "<results>/<b>", "<logs>/b"])
def test_a_path_that_snakemake_would_take_for_a_pattern_is_refused(path: str, tmp_path: Path) -> None:
    given = path if path.startswith("<") else f"{tmp_path}/{path}"
    (tmp_path / "a").mkdir()
    for name in ("{b}", "<b>"):
        (tmp_path / "a" / name).touch()
    with pytest.raises(BadConfiguration, match=r"allowed: a path without \{ \} < >, but for <results>/"):
        settings(with_path(WEIGHTS, given))


def test_a_relative_path_is_that_of_the_file_that_states_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("one", "two", "here"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "w.pt").touch()
    one = written(with_path(WEIGHTS, "./w.pt"), tmp_path / "one/config.yaml")
    two = written({"esm2": {"models": {"esm2_t6_8M_UR50D": {"weights": "./w.pt"}}}}, tmp_path / "two/more.yaml")
    monkeypatch.chdir(tmp_path / "here")

    def weights(*files: Path) -> str:
        return settings(with_path(WEIGHTS, "./w.pt"), *files).section(WEIGHTS)

    assert weights(one) == "../one/w.pt"
    assert weights(one, two) == "../two/w.pt"
    assert weights() == str(tmp_path / "here/w.pt"), "given by --config, beside which a name without a slash is a row"
    again = settings(with_path(WEIGHTS, weights(one)), one)  # as a job of the run is given it
    assert again.section(WEIGHTS) == "../one/w.pt"


def test_a_mirror_is_relative_to_the_configuration_and_has_to_be_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = laid_over(BASE, {"download/mirror": "mirror"})
    file = written(config, tmp_path / "here/config.yaml")
    with pytest.raises(BadConfiguration, match="download/mirror: given 'here/mirror'; allowed: a folder that is there"):
        settings(config, file)
    settings(laid_over(config, {"download/public_fallback": True}), file)
    (tmp_path / "here/mirror").mkdir()
    assert settings(config, file).section("download/mirror") == "here/mirror"


def test_a_wrong_path_stops_a_run_beside_results_of_the_right_one(demo: Path, tmp_path: Path) -> None:
    config = written(with_path(WEIGHTS, f"{tmp_path}/nosuch.pt"), tmp_path / "config.yaml")
    for found in dry_runs((demo, config, "all"), (tmp_path / "empty", config, "all")):
        assert isinstance(found, str) and f"{WEIGHTS}: given '{tmp_path}/nosuch.pt': No such file" in found


def test_a_users_own_file_is_read_wherever_the_results_are(demo: Path, tmp_path: Path) -> None:
    directory = shutil.copytree(demo, tmp_path / "run")
    shutil.copy(directory / RESULTS / "resources/esm2_t6_8M_UR50D.pt", tmp_path / "own.pt")
    change = {"esm2": {"models": {"esm2_t6_8M_UR50D": {"weights": "./own.pt", "licence": "MIT"}}}}
    configs = (DEMO, written(change, tmp_path / "own.yaml"))
    assert succeeded(snakemake("esm2", "--cores", "1", directory=directory, configs=configs))
    made = gene_embedding.read(directory / RESULTS / "esm2/esm2_t6_8M_UR50D.h5ad")
    before = gene_embedding.read(demo / RESULTS / "esm2/esm2_t6_8M_UR50D.h5ad")
    assert (made.X == before.X).all()
    assert made.uns["revision"] != before.uns["revision"], "of a file of which nothing is recorded"
