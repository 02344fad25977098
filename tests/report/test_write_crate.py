"""The crate stands on the records of the jobs that the results stand on, and on what is there now."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from workflow_scripts.io import job_record, ledger
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import digest
from workflow_scripts.report.write_crate import reachable, read_jobs, require_current


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(ledger, "LEDGER", tmp_path / "ledger")


def job(name: str, reads: dict[str, str], writes: dict[str, str]) -> None:
    """A job that reads files, which are there, and writes files with these texts."""
    assert all(Path(file).read_text() == text for file, text in reads.items())
    for file, text in writes.items():
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        Path(file).write_text(text)
    log = Path(f"logs/{name}.log")
    log.parent.mkdir(parents=True, exist_ok=True)
    given = {"rule": name.split("/")[-1], "wildcards": {}, "params": {"spec": "{}"}, "threads": 1, "log": [str(log)]}
    outputs = list(dict.fromkeys("model" if file.startswith("model/") else file for file in writes))
    job_record.write(SimpleNamespace(**given, input=list(reads), output=outputs), job_record.now())


@pytest.fixture
def chain() -> None:
    """own.txt -> a/first -> a/second (a folder) -> b/third; and a job of an earlier configuration."""
    Path("own.txt").write_text("own")
    job("a/first", {"own.txt": "own"}, {"one": "1"})
    job("a/second", {"one": "1"}, {"model/x": "2", "model/y": "3"})
    job("b/third", {"model/y": "3"}, {"last": "4"})
    job("b/earlier", {"one": "1"}, {"former": "5"})


def found() -> list[str]:
    jobs = reachable(["last"], read_jobs(Path("logs"), Path("benchmarks")))
    require_current(jobs)
    return [job.name for job in jobs]


def test_the_jobs_are_those_that_the_results_stand_on(chain: None) -> None:
    assert found() == ["a/first", "a/second", "b/third"]
    record = job_record.read(Path("logs/a/second.json"))
    assert record["outputs"] == {"model/x": digest(Path("model/x")), "model/y": digest(Path("model/y"))}
    assert record["inputs"] == {"one": digest(Path("one"))}
    assert record["versions"].keys() > {"python", "pytest"}


def test_a_file_that_no_job_made_is_refused(chain: None) -> None:
    Path("logs/b/third.json").unlink()
    with pytest.raises(BadInput, match="last: no job recorded that it made this"):
        found()


def test_a_result_of_another_state_of_its_input_is_refused(chain: None) -> None:
    """As no rerun would leave it: the file upstream was made again, to other bytes, and what follows was not."""
    job("a/second", {"one": "1"}, {"model/x": "2", "model/y": "other"})
    with pytest.raises(BadInput, match="b/third: model/y: was read in another state"):
        found()


@pytest.mark.parametrize("file", ["last", "model/x"])
def test_a_result_that_was_edited_is_refused(chain: None, file: str) -> None:
    Path(file).write_text("edited")
    with pytest.raises(BadInput, match=f"{file}: is not what its job wrote"):
        found()


def test_a_damaged_record_is_refused(chain: None) -> None:
    record = Path("logs/a/first.json")
    record.write_text(record.read_text().replace("first", "f1rst"))
    with pytest.raises(BadInput, match="first.json: is damaged or was edited"):
        found()
