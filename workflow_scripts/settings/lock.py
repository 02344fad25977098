"""A run has its folders for itself, however it was started, and may write to them."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

from workflow_scripts.settings.errors import BadConfiguration

LOCK = Path(".snakemake/run.lock")
held: list[IO] = []


def require_writable(folder: str) -> None:
    """Raise BadConfiguration where nothing can be written to `folder`, or to the one in which it is to be made."""
    found = Path(folder).absolute()
    while not found.exists():
        found = found.parent
    if not (found.is_dir() and os.access(found, os.W_OK | os.X_OK)):
        reason = "may not be written to (read-only, or another's)" if found.is_dir() else "is no folder"
        raise BadConfiguration(f"{found}: {reason}; mend it, or give another folder by --directory")


def hold_folder() -> None:
    """Hold the working directory until this process ends; raise BadConfiguration where another run holds it.

    The lock is the kernel's and ends with its holder, so that a killed run leaves none behind. Where the file system
    knows no such locks nothing is held, and Snakemake's own has to do, which `make run` goes without.
    """
    LOCK.parent.mkdir(exist_ok=True)
    file = LOCK.open("wb")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BadConfiguration(
            f"Another run is at work in {Path.cwd()}: wait for it, or give another directory."
        ) from None
    except OSError:
        return
    held.append(file)
