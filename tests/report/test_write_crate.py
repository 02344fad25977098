"""The crate stands on the records of the jobs that the results stand on, and on what is there now."""

from __future__ import annotations

import platform
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from workflow_scripts.io import job_record
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import digest
from workflow_scripts.report.jobs import reachable, read_jobs
from workflow_scripts.report.write_crate import require_current

ONE, MODEL = "results/one", "results/model"


@pytest.fixture(autouse=True)
def here(own_ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def job(name: str, reads: dict[str, str], writes: dict[str, str]) -> None:
    """A job that reads files, which are there, and writes files with these texts."""
    assert all(Path(file).read_text() == text for file, text in reads.items())
    for file, text in writes.items():
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        Path(file).write_text(text)
    log = Path(f"logs/{name}.log")
    log.parent.mkdir(parents=True, exist_ok=True)
    given = {"rule": name.split("/")[-1], "wildcards": {}, "params": {"spec": "{}"}, "threads": 1, "log": [str(log)]}
    outputs = list(dict.fromkeys(MODEL if file.startswith(MODEL) else file for file in writes))
    job_record.write(SimpleNamespace(**given, input=list(reads), output=outputs), job_record.now())


@pytest.fixture
def chain() -> None:
    """own.txt -> a/first -> a/second (a folder) -> b/third; and a job of an earlier configuration."""
    Path("own.txt").write_text("own")
    job("a/first", {"own.txt": "own"}, {ONE: "1"})
    job("a/second", {ONE: "1"}, {f"{MODEL}/x": "2", f"{MODEL}/y": "3"})
    job("b/third", {f"{MODEL}/y": "3"}, {"results/last": "4"})
    job("b/earlier", {ONE: "1"}, {"results/former": "5"})


def found() -> list[str]:
    jobs = reachable(["results/last"], read_jobs(Path("logs"), Path("benchmarks")), Path("results"))
    require_current(jobs)
    return [job.name for job in jobs]


def test_the_jobs_are_those_that_the_results_stand_on(chain: None) -> None:
    assert found() == ["a/first", "a/second", "b/third"]
    record = job_record.read(Path("logs/a/second.json"))
    assert record["outputs"] == {file: digest(Path(file)) for file in (f"{MODEL}/x", f"{MODEL}/y")}
    assert record["inputs"] == {ONE: digest(Path(ONE))}
    assert record["versions"].keys() > {"python", "pytest"}


@pytest.mark.parametrize(("record", "file"), [("b/third", "results/last"), ("a/first", ONE)])
def test_a_result_that_no_job_made_is_refused(chain: None, record: str, file: str) -> None:
    """It is no input of the run, which own.txt is."""
    Path(f"logs/{record}.json").unlink()
    with pytest.raises(BadInput, match=f"^{file}: no job recorded that it made this"):
        found()


def test_a_result_of_another_state_of_its_input_is_refused(chain: None) -> None:
    """As no rerun would leave it: the file upstream was made again, to other bytes, and what follows was not."""
    job("a/second", {ONE: "1"}, {f"{MODEL}/x": "2", f"{MODEL}/y": "other"})
    with pytest.raises(BadInput, match=f"b/third: {MODEL}/y: was read in another state"):
        found()


@pytest.mark.parametrize("file", ["results/last", f"{MODEL}/x"])
def test_a_result_that_was_edited_is_refused(chain: None, file: str) -> None:
    Path(file).write_text("edited")
    with pytest.raises(BadInput, match=f"{file}: is not what its job wrote"):
        found()


def test_the_versions_are_those_of_what_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever stands among the modules: some packages put objects there that are none."""
    monkeypatch.setitem(sys.modules, "odd", object())
    found = job_record.versions()
    assert found["pytest"] == pytest.__version__ and found["python"] == platform.python_version()
    assert not {"odd", "json", "tests"} & found.keys()


def test_a_damaged_record_is_refused(chain: None) -> None:
    record = Path("logs/a/first.json")
    record.write_text(record.read_text().replace("first", "f1rst"))
    with pytest.raises(BadInput, match="first.json: is damaged or was edited"):
        found()
