"""Files that are either whole or absent, their checksums, and files that may be gzipped."""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


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


def open_maybe_gzip(path: Path, mode: str = "rt", errors: str = "strict") -> IO:
    """Open a plain or gzipped file to read it as text ("rt", UTF-8) or bytes ("rb").

    The first two bytes tell, not the name: a browser unpacks a file and leaves its name. `errors` says what
    becomes of bytes that are not UTF-8, as in `open`. Reading damaged gzip data raises EOFError, zlib.error or
    gzip.BadGzipFile.
    """
    with path.open("rb") as handle:
        gzipped = handle.read(2) == b"\x1f\x8b"
    text = {} if mode == "rb" else {"encoding": "utf-8", "errors": errors}
    return (gzip.open if gzipped else open)(path, mode, **text)
