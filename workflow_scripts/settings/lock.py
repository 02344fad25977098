"""One run in a folder at a time, however it was started."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO

from snakemake.exceptions import WorkflowError

LOCK = Path(".snakemake/run.lock")
held: list[IO] = []


def hold_folder() -> None:
    """Hold the working directory until this process ends; raise WorkflowError where another run holds it.

    The lock is the kernel's and ends with its holder, so that a killed run leaves none behind. Where the file system
    knows no such locks nothing is held, and Snakemake's own has to do, which `make run` goes without.
    """
    LOCK.parent.mkdir(exist_ok=True)
    file = LOCK.open("wb")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise WorkflowError(
            f"Another run is at work in {Path.cwd()}: wait for it, or give another directory."
        ) from None
    except OSError:
        return
    held.append(file)
