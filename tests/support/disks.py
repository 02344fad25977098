"""Disks that are full, and folders that nobody may write to, whoever runs the tests."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """An empty file system of `size` (as `mount` reads it) at `folder`; the test is skipped where none may be had."""
    folder.mkdir()
    with _mounted(folder, "-t", "tmpfs", "-o", f"size={size}", "none", folder):
        yield folder


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Nothing below `folder` can be written, by root neither; the test is skipped where this may not be set up."""
    with _mounted(folder, "--bind", folder, folder):
        subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
        yield


def fill(disk: Path) -> Path:
    """Fill a small disk to its last byte; return the file that does."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as handle:
        for size in (4096, 1):
            try:
                while True:
                    handle.write(bytes(size))
            except OSError:
                pass
    return filler


@contextmanager
def _mounted(folder: Path, *arguments: str | Path) -> Iterator[None]:
    if subprocess.run(["mount", *arguments], check=False, capture_output=True).returncode:
        pytest.skip("may not mount a disk")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)  # a library may have a file open yet
