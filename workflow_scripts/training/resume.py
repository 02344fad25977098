"""Checkpoints of a training that may be killed at any moment.

They lie in a folder that no rule declares, so that Snakemake does not remove them with the outputs
of a failed job. Its name is the digest of all that decides the weights; so a training goes on from
its own checkpoint or from none, never from one of another configuration, code or input.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import pickle
import shutil
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch

from workflow_scripts.io import files

KEPT = 2  # the newest, and one before it should the newest not be readable
log = logging.getLogger(__name__)


def digest(spec: dict[str, Any], code: str, inputs: Iterable[Path]) -> str:
    """sha256 over the configuration of a run, the digest of its code and the contents of its inputs."""
    state = hashlib.sha256(json.dumps([spec, code], sort_keys=True).encode())
    for path in inputs:
        state.update(files.digest(path).encode())
    return state.hexdigest()


class Checkpoints:
    """The checkpoints of one training, one file an epoch: tensors, numbers and text, no code."""

    def __init__(self, parent: Path, name: str) -> None:
        self.folder = parent / name

    def save(self, epoch: int, state: dict[str, Any]) -> None:
        """Write `state`; a file of this name is whole, whenever the process dies."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"epoch-{epoch:06d}.pt"
        partial = path.with_suffix(".partial")
        try:
            with partial.open("wb") as handle:
                torch.save(state, handle)
                handle.flush()
                os.fsync(handle.fileno())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
        for older in self._files()[:-KEPT]:
            older.unlink()

    def latest(self) -> dict[str, Any] | None:
        """The newest state that can be read, or None."""
        for path in reversed(self._files()):
            try:
                with zipfile.ZipFile(path) as archive:  # as torch writes them; torch itself looks at no checksum
                    if broken := archive.testzip():
                        raise zipfile.BadZipFile(f"wrong checksum of {broken}")
                state = torch.load(path, map_location="cpu", weights_only=True)
            except (OSError, EOFError, RuntimeError, ValueError, pickle.UnpicklingError, zipfile.BadZipFile) as error:
                log.warning("%s is damaged and skipped (%s)", path, error)
                continue
            log.info("resume from %s", path)
            return state
        return None

    def remove(self) -> None:
        """Remove the checkpoints of a training whose outputs are written."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.folder.parent.is_dir() and not any(self.folder.parent.iterdir()):
            self.folder.parent.rmdir()

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("epoch-*.pt"))
