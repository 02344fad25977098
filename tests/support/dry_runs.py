"""Many dry runs at the price of one start: a server imports Snakemake once and forks for each configuration.

python -m tests.support.dry_runs DIRECTORY CONFIG...   prints {configuration: {rule: jobs} or the error}

The server is multiprocessing's own: it has one thread, so that no fork inherits a lock that another
thread holds, and each dry run has a process to itself.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import tempfile
from multiprocessing.pool import AsyncResult
from pathlib import Path

from tests.support.workflow import ROOT, jobs

SECONDS = 120  # for one dry run, which takes 2 to 5


def dry_run(directory: Path, config: Path) -> dict[str, int] | str:
    """The jobs that would run in `directory` with `config`, or what Snakemake said in refusing it."""
    from snakemake.cli import main

    with tempfile.TemporaryFile("w+") as printed:
        os.dup2(printed.fileno(), 1)
        os.dup2(printed.fileno(), 2)
        try:
            main(["--dry-run", "--cores", "1", "--directory", str(directory), "--configfile", str(config)])
            status = 0
        except SystemExit as done:
            status = done.code
        sys.stdout.flush()
        sys.stderr.flush()
        printed.seek(0)
        text = printed.read()
    return text[-2000:] if status else jobs(text)


def main(directory: Path, configs: list[Path]) -> None:
    os.chdir(ROOT)
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(["snakemake.cli", "tests.support.warm"])
    with server.Pool(maxtasksperchild=1) as pool:
        waiting = {str(config): pool.apply_async(dry_run, (directory, config)) for config in configs}
        print(json.dumps({config: answer(result) for config, result in waiting.items()}))


def answer(result: AsyncResult) -> dict[str, int] | str:
    try:
        return result.get(SECONDS)
    except multiprocessing.TimeoutError:
        return f"no answer within {SECONDS} s"


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]])
