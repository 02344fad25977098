"""Checksums of files that others may change, each taken once for every state that the file system tells.

As the index of git does, the ledger keeps size, times and inode of what was read. So an unchanged file of any size
costs a look, a file that was only touched or moved is known again by its content, and one that was replaced is found
whatever its date. The ledger is a cache: without it files are read once more.
"""

from __future__ import annotations

import hashlib
import json
import logging
from pathlib import Path

from workflow_scripts.io.files import digest, replacing

LEDGER = Path(".snakemake/checksums")


def sha256_of(path: Path) -> str:
    """The checksum of a file as it is now; OSError where it cannot be read."""
    state = _state(path)
    try:
        known = json.loads(_entry(path).read_text(encoding="utf-8"))
        if known["state"] == state:
            return known["sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        pass  # not read before, or the entry is no longer whole
    found = digest(path)
    if _state(path) == state:  # nobody wrote to it meanwhile
        record(path, found)
    return found


def record(path: Path, sha256: str) -> None:
    """Enter the checksum of a file as it is now."""
    known = {"path": str(path.absolute()), "state": _state(path), "sha256": sha256}
    try:
        with replacing(_entry(path)) as temporary:
            temporary.write_text(json.dumps(known), encoding="utf-8")
    except OSError as error:
        logging.warning("%s is read anew each time: %s is not writable (%s)", path, LEDGER, error)


def _entry(path: Path) -> Path:
    return LEDGER / f"{hashlib.sha256(str(path.absolute()).encode()).hexdigest()}.json"


def _state(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
