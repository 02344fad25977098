"""Files that are either whole or absent, and their checksums."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

LOCK = ".lock"  # held by who writes in a folder


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a place to write a file or a folder to; put it at `path` on success, remove it on failure.

    The place has the name of `path`, since many writers choose a format by it, in a folder of its own beside `path`:
    two that write to `path` at once do not meet, and who ends last stays. What killed writers left is removed first.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(path)
    folder, lock = _locked_folder(path)
    try:
        temporary = folder / path.name
        yield temporary
        _put(temporary, path)
    finally:
        lock.close()
        shutil.rmtree(folder, ignore_errors=True)


def _new_name(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.unfinished")


def _locked_folder(path: Path) -> tuple[Path, IO]:
    """A new folder to write `path` in, and its lock, which the kernel frees when this process ends, even if killed."""
    while True:
        folder = _new_name(path)
        folder.mkdir()
        with suppress(FileNotFoundError):  # it was taken for abandoned before it was locked
            lock = (folder / LOCK).open("wb")
            if _take(lock) is not False and (folder / LOCK).exists():
                return folder, lock
            lock.close()


def _remove_abandoned(path: Path) -> None:
    """Remove the folders that `path` was written in and that nobody holds any more."""
    of_path = re.compile(rf"\.{re.escape(path.name)}\.[0-9a-f]{{8}}\.unfinished")
    for folder in [each for each in path.parent.iterdir() if of_path.fullmatch(each.name)]:
        with suppress(OSError):  # someone else's, or just removed
            with (folder / LOCK).open("ab") as lock:
                if not _take(lock):
                    continue
                folder = folder.rename(_new_name(path))  # a writer that was about to lock it makes another
            shutil.rmtree(folder, ignore_errors=True)


def _take(lock: IO) -> bool | None:
    """Whether nobody else held the lock, which is now ours; None where the file system knows no locks."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _put(temporary: Path, path: Path) -> None:
    """Rename `temporary` to `path`; a folder that stands there and is not empty is moved aside."""
    while True:
        try:
            temporary.replace(path)
            return
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
        with suppress(FileNotFoundError):  # another writer moved it
            path.replace(tempfile.mkdtemp(dir=temporary.parent))


def digest(path: Path, algorithm: str = "sha256", size: int | None = None) -> str:
    """Hexadecimal checksum of a file's bytes, or of its first `size` bytes, read in blocks of 1 MiB."""
    state = hashlib.new(algorithm)
    left = path.stat().st_size if size is None else size
    with path.open("rb") as handle:
        while block := handle.read(min(1 << 20, left)):
            state.update(block)
            left -= len(block)
    return state.hexdigest()
