"""Politeness: so many jobs at once may draw from one host, whatever `--cores` says."""

from __future__ import annotations

import fcntl
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from urllib.parse import urlsplit

SLOTS = 2  # connections to one host at once
INTERVAL = 1.0  # seconds between two looks for a free slot


@contextmanager
def turn(url: str, folder: Path) -> Iterator[None]:
    """Wait for one of the host's slots, lock files below `folder`, and hold it; local files need none.

    A lock ends with its process, however that ends. Where the file system knows no locks, nobody waits.
    """
    host = urlsplit(url).netloc
    if not host:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    names = [folder / f"{host.replace(':', '_')}.{slot}.lock" for slot in range(SLOTS)]
    handles = [name.open("w") for name in names]
    try:
        while not any(_lock(handle) for handle in handles):
            sleep(INTERVAL)
        yield
    finally:
        for handle in handles:
            handle.close()


def _lock(handle) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        logging.warning("no locks here (%s): connections to one host are not limited", error)
    return True
