"""A function runs on every rank, its first error ends all of them, and none outlives the process that called it."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from workflow_scripts.io.errors import BadInput
from workflow_scripts.training import ranks

ROOT = Path(__file__).resolve().parents[2]
LONG = 300.0  # seconds that a rank would wait for one that failed
PARENT = """
import sys
from pathlib import Path
from tests.training.test_ranks import on_two, wait
on_two(wait, Path(sys.argv[1]))
"""


def on_two(function, folder: Path, threads: int = 3) -> None:
    ranks.call(function, {"folder": folder}, devices=2, nodes=1, threads=threads, folder=folder / "shared")


def note(folder: Path, rank: int, threads: int) -> None:
    temporary = folder / f".rank-{rank}"
    temporary.write_text(f"{threads} {os.environ.get('LOCAL_RANK')} {os.getpid()}")
    temporary.rename(folder / f"rank-{rank}")


def wait(folder: Path, rank: int, threads: int) -> None:
    note(folder, rank, threads)
    time.sleep(LONG)


def lose_the_other(folder: Path) -> None:
    """Fail as soon as rank 1 has ended, as one that talks to it does."""
    while not (folder / "rank-1").exists() or lives((folder / "rank-1").read_text().split()[2]):
        time.sleep(0.001)
    raise RuntimeError("connection closed by rank 1")


def lives(pid: str) -> bool:
    try:
        return "(zombie)" not in Path("/proc", pid, "status").read_text()
    except OSError:
        return False


def meet_bad_input(folder: Path, rank: int, threads: int) -> None:
    if rank == 0:
        lose_the_other(folder)
    note(folder, rank, threads)
    raise BadInput("file.h5ad", "sample 'a'", "is wrong", "Mend it.")


def meet_bad_input_beside_one_that_waits(folder: Path, rank: int, threads: int) -> None:
    if rank == 0:
        wait(folder, rank, threads)
    while not (folder / "rank-0").exists():
        time.sleep(0.001)
    raise BadInput("file.h5ad", "sample 'a'", "is wrong", "Mend it.")


def fill_the_disk(folder: Path, rank: int, threads: int) -> None:
    if rank == 1:
        time.sleep(LONG)
    raise OSError(errno.ENOSPC, "No space left on device", "weights")


def divide(folder: Path, rank: int, threads: int) -> None:
    if rank == 1:
        time.sleep(LONG)
    print(1 / rank)


def be_killed(folder: Path, rank: int, threads: int) -> None:
    if rank == 0:
        lose_the_other(folder)
    note(folder, rank, threads)
    os.kill(os.getpid(), signal.SIGKILL)


def test_one_rank_is_this_process(tmp_path: Path) -> None:
    ranks.call(note, {"folder": tmp_path}, devices=1, nodes=1, threads=3, folder=tmp_path / "shared")
    assert (tmp_path / "rank-0").read_text().split() == ["3", "None", str(os.getpid())]
    assert not (tmp_path / "shared").exists()


def test_two_ranks_are_two_processes_that_share_the_threads(tmp_path: Path) -> None:
    on_two(note, tmp_path, threads=5)
    said = [(tmp_path / f"rank-{rank}").read_text().split() for rank in (0, 1)]
    assert [words[:2] for words in said] == [["2", "0"], ["2", "1"]]
    assert len({os.getpid(), *(int(words[2]) for words in said)}) == 3
    assert not any((tmp_path / "shared").iterdir())


def test_bad_input_of_one_rank_is_the_same_line_here_whatever_follows_from_it(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        on_two(meet_bad_input, tmp_path)
    assert str(caught.value) == "file.h5ad: sample 'a': is wrong. Mend it."
    assert caught.value.remedy == "Mend it."


def test_an_error_of_one_rank_ends_the_others(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is wrong"):
        on_two(meet_bad_input_beside_one_that_waits, tmp_path)
    assert not lives((tmp_path / "rank-0").read_text().split()[2])


def test_a_full_disk_of_one_rank_is_that_error_here(tmp_path: Path) -> None:
    with pytest.raises(OSError) as caught:
        on_two(fill_the_disk, tmp_path)
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, "weights")


def test_any_other_error_comes_with_its_traceback(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"(?s)rank 0 failed:.*in divide.*ZeroDivisionError"):
        on_two(divide, tmp_path)


def test_a_killed_rank_is_one_line_whatever_follows_from_it(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"^training: a rank ended with exit status -9 and no word\. If it was killed"):
        on_two(be_killed, tmp_path)


def test_no_rank_outlives_a_killed_caller(tmp_path: Path) -> None:
    caller = subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)], cwd=ROOT)
    deadline = time.monotonic() + 120
    files = [tmp_path / "rank-0", tmp_path / "rank-1"]
    while not all(file.exists() for file in files):
        assert caller.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    started = [file.read_text().split()[2] for file in files]
    assert all(map(lives, started))
    caller.kill()
    caller.wait()
    deadline = time.monotonic() + 30
    while any(map(lives, started)):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_several_nodes_are_one_srun_within_the_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    srun = tmp_path / "srun"
    srun.write_text("#!/bin/sh\n")
    srun.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    ((command, variables),) = ranks.commands(tmp_path, devices=4, nodes=2, threads=6)
    rank = command.index(sys.executable)
    assert command[0] == "srun" and command[rank + 1 :] == ["-m", "workflow_scripts.training.ranks", str(tmp_path)]
    asked = dict(part.removeprefix("--").partition("=")[::2] for part in command[1:rank])
    assert asked == {
        "nodes": "2",
        "ntasks": "8",
        "ntasks-per-node": "4",
        "cpus-per-task": "6",
        "overlap": "",
        "kill-on-bad-exit": "1",
    }
    assert variables["PYTHONPATH"].split(os.pathsep)[0] == str(ROOT)
    assert "LOCAL_RANK" not in variables and "MASTER_ADDR" not in variables, "which SLURM tells"


def test_several_nodes_without_slurm_are_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    with pytest.raises(BadInput, match="training/nodes: is 2, but this is no SLURM job"):
        ranks.call(note, {}, devices=1, nodes=2, threads=1, folder=tmp_path)
