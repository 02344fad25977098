"""Checkpoints of a training that may be killed at any moment.

They lie in a folder that no rule declares, so that Snakemake does not remove them with the outputs
of a failed job. Its name is the digest of all that decides the weights; so a training goes on from
its own checkpoint or from none, never from one of another configuration, code or input.

Lightning decides what a checkpoint holds and when one is written; the files themselves are ours. Its own
`TorchCheckpointIO` writes to the folder of temporary files and then moves, which from one file system to
another is a copy that a kill cuts short; it flushes nothing to the disk and checks no checksum.
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

import lightning
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.plugins.io import CheckpointIO

from workflow_scripts.io import files

KEPT = 2  # the newest, and one before it should the newest not be readable
UNREADABLE = (OSError, EOFError, RuntimeError, ValueError, pickle.UnpicklingError, zipfile.BadZipFile)
log = logging.getLogger(__name__)


def digest(spec: dict[str, Any], code: str, inputs: Iterable[Path]) -> str:
    """sha256 over the configuration of a run, the digest of its code, the contents of its inputs and the libraries."""
    libraries = [torch.__version__, lightning.__version__]
    state = hashlib.sha256(json.dumps([spec, code, libraries], sort_keys=True).encode())
    for path in inputs:
        state.update(files.digest(path).encode())
    return state.hexdigest()


class Checkpoints(CheckpointIO):
    """The checkpoints of one training, one file an epoch: tensors, numbers and text, no code."""

    def __init__(self, parent: Path, name: str) -> None:
        self.folder = parent / name

    def callback(self) -> ModelCheckpoint:
        """What makes Lightning's Trainer write one after every epoch; the module logs `epoch`, counted from 1."""
        callback = ModelCheckpoint(
            dirpath=self.folder,
            filename="epoch-{epoch:06d}",
            auto_insert_metric_name=False,
            monitor="epoch",
            mode="max",
            save_top_k=KEPT,
            save_on_train_epoch_end=True,
            enable_version_counter=False,  # an epoch that is trained again takes the place of its damaged file
        )
        callback.FILE_EXTENSION = ".pt"
        return callback

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Path | str, storage_options: Any = None) -> None:
        """Write `checkpoint`; a file of this name is whole, whenever the process dies.

        Raises OSError with the name of the file where the disk is full, or fails in another way.
        """
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        try:
            with partial.open("wb") as handle:
                torch.save(checkpoint, handle)
                handle.flush()
                os.fsync(handle.fileno())
            partial.replace(path)
        except (OSError, RuntimeError) as error:
            fault = error if isinstance(error, OSError) else error.__context__  # torch says that its archive is cut
            if not isinstance(fault, OSError):
                raise
            raise OSError(fault.errno, fault.strerror, str(path)) from error
        finally:
            partial.unlink(missing_ok=True)

    def load_checkpoint(
        self, path: Path | str, map_location: Any = None, weights_only: bool | None = None
    ) -> dict[str, Any]:
        """Read a checkpoint into memory; a damaged one raises one of `UNREADABLE`, and no code of it is run."""
        with zipfile.ZipFile(path) as archive:  # as torch writes them; torch itself looks at no checksum
            if broken := archive.testzip():
                raise zipfile.BadZipFile(f"wrong checksum of {broken}")
        return torch.load(path, map_location="cpu", weights_only=True)

    def remove_checkpoint(self, path: Path | str) -> None:
        Path(path).unlink(missing_ok=True)

    def newest(self) -> Path | None:
        """The newest checkpoint that can be read, or None."""
        for path in sorted(self.folder.glob("epoch-*.pt"), reverse=True):
            try:
                self.load_checkpoint(path)
            except UNREADABLE as error:
                log.warning("%s is damaged and skipped (%s)", path, error)
                continue
            log.info("resume from %s", path)
            return path
        return None

    def remove(self) -> None:
        """Remove the checkpoints of a training whose outputs are written."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.folder.parent.is_dir() and not any(self.folder.parent.iterdir()):
            self.folder.parent.rmdir()
