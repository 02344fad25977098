"""Files that are either whole or absent, and their checksums."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary name beside `path`; rename it to `path` on success, remove it on failure.

    The temporary name keeps the suffixes of `path`, since many writers choose a format by them.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield temporary
        if path.is_dir() and temporary.is_dir():
            shutil.rmtree(path)
        temporary.replace(path)
    finally:
        if temporary.is_dir():
            shutil.rmtree(temporary)
        else:
            temporary.unlink(missing_ok=True)


def digest(path: Path, algorithm: str = "sha256", size: int | None = None) -> str:
    """Hexadecimal checksum of a file's bytes, or of its first `size` bytes, read in blocks of 1 MiB."""
    state = hashlib.new(algorithm)
    left = path.stat().st_size if size is None else size
    with path.open("rb") as handle:
        while block := handle.read(min(1 << 20, left)):
            state.update(block)
            left -= len(block)
    return state.hexdigest()
