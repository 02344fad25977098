"""Many dry runs at the price of one start: a server imports Snakemake once and forks for each.

`dry_runs` runs this module with the arguments of each as JSON; it prints {rule: jobs} or the error, in their order.

The server is multiprocessing's own: it has one thread, so that no fork inherits a lock that another
thread holds, and each dry run has a process to itself.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
from multiprocessing.pool import AsyncResult
from pathlib import Path

from tests.support.workflow import ROOT, jobs

SECONDS = 120  # for one dry run, which takes 2 to 5


def dry_runs(*runs: tuple[Path, Path, str]) -> list[dict[str, int] | str]:
    """The jobs that would run, or what Snakemake said in refusing it, for each (directory, configuration, target)."""
    command = [sys.executable, "-m", "tests.support.dry_runs", json.dumps(runs, default=str)]
    printed = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=True).stdout
    return json.loads(printed.splitlines()[-1])


def dry_run(directory: str, config: str, target: str) -> dict[str, int] | str:
    from snakemake.cli import main

    with tempfile.TemporaryFile("w+") as printed:
        os.dup2(printed.fileno(), 1)
        os.dup2(printed.fileno(), 2)
        try:
            main([target, "--dry-run", "--cores", "1", "--directory", directory, "--configfile", config])
            status = 0
        except SystemExit as done:
            status = done.code
        sys.stdout.flush()
        sys.stderr.flush()
        printed.seek(0)
        text = printed.read()
    return text[-2000:] if status else jobs(text)


def main(runs: list[tuple[str, str, str]]) -> None:
    os.chdir(ROOT)
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(["snakemake.cli", "tests.support.warm"])
    with server.Pool(maxtasksperchild=1) as pool:
        waiting = [pool.apply_async(dry_run, run) for run in runs]
        print(json.dumps([answer(result) for result in waiting]))


def answer(result: AsyncResult) -> dict[str, int] | str:
    try:
        return result.get(SECONDS)
    except multiprocessing.TimeoutError:
        return f"no answer within {SECONDS} s"


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
