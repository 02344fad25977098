"""A checksum at the end of a file, behind what its format holds and its readers look at.

HDF5 and bigWig files know where their parts are, so any reader passes over what follows. The formats' own
checksums cover values at best; with the seal a damaged name, label or pointer is found before it is read.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import digest

MAGIC = b"GeneLM sha256 "
LENGTH = len(MAGIC) + 2 * hashlib.sha256().digest_size


def seal(path: Path) -> None:
    """Append to a whole file the checksum of its bytes."""
    found = digest(path)
    with path.open("ab") as handle:
        handle.write(MAGIC + found.encode())


def require_intact(path: Path) -> None:
    """Raise BadInput unless `path` is a sealed file with every byte as it was."""
    try:
        status = path.stat()
        intact = _intact(path, status.st_size, status.st_mtime_ns)
    except OSError as error:
        raise BadInput(path, "", f"not readable ({error.strerror})", "Run its rule again.") from error
    if not intact:
        raise BadInput(path, "", "is damaged, cut short or was edited (checksum)", "Remove it and run its rule again.")


@cache
def _intact(path: Path, size: int, changed: int) -> bool:
    """Whether the seal holds; asked once for each state of a file, of which `changed` is the time in ns."""
    with path.open("rb") as handle:
        handle.seek(max(0, size - LENGTH))
        found = handle.read()
    return size >= LENGTH and found == MAGIC + digest(path, size=size - LENGTH).encode()
