"""Files that are either whole or absent, and their checksums."""

from __future__ import annotations

import glob
import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

UNFINISHED = ".unfinished"


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a place to write a file or a folder to; put it at `path` on success, remove it on failure.

    The place has the name of `path`, since many writers choose a format by it, in a folder of its own beside `path`:
    two that write to `path` at once do not meet, and who ends last stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(UNFINISHED, f".{path.name}.", path.parent, ignore_cleanup_errors=True) as folder:
        temporary = Path(folder) / path.name
        try:
            yield temporary
        except RuntimeError as error:  # of libraries in C, whatever it was that they could not write
            require_space(Path(folder), path, error)
            raise
        if path.is_dir() and temporary.is_dir():
            path.replace(Path(folder) / f"{path.name}.before")
        temporary.replace(path)


def require_space(folder: Path, path: Path, error: Exception) -> None:
    """Raise the OSError that `path` could not be written for, if `folder` takes no further bytes."""
    try:
        (folder / "probe").write_bytes(bytes(1 << 20))
    except OSError as reason:
        raise OSError(reason.errno, reason.strerror, str(path)) from error


def remove_unfinished(path: Path) -> None:
    """Remove what killed writers of `path` left; for whom nobody else writes it at the moment."""
    for folder in path.parent.glob(f".{glob.escape(path.name)}.????????{UNFINISHED}"):  # as tempfile calls them
        shutil.rmtree(folder, ignore_errors=True)


def digest(path: Path, algorithm: str = "sha256", size: int | None = None) -> str:
    """Hexadecimal checksum of a file's bytes, or of its first `size` bytes, read in blocks of 1 MiB."""
    state = hashlib.new(algorithm)
    left = path.stat().st_size if size is None else size
    with path.open("rb") as handle:
        while block := handle.read(min(1 << 20, left)):
            state.update(block)
            left -= len(block)
    return state.hexdigest()
