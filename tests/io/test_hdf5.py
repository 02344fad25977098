"""An HDF5 file does not make its reader read other files."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from workflow_scripts.io.annotated import read_annotated
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.hdf5 import require_own_content
from workflow_scripts.io.seal import seal

VALUES = np.arange(12.0)


def linked(file: h5py.File, other: Path) -> None:
    file["meta/values"] = h5py.ExternalLink(str(other), "values")


def linked_above(file: h5py.File, other: Path) -> None:
    file["meta"] = h5py.ExternalLink(str(other), "/")


def linked_by_a_link(file: h5py.File, other: Path) -> None:
    file["meta/values"] = h5py.SoftLink("/elsewhere")
    file["elsewhere"] = h5py.ExternalLink(str(other), "values")


def stored_outside(file: h5py.File, other: Path) -> None:
    file.create_dataset("meta/values", VALUES.shape, "f8", external=[(str(other), 0, h5py.h5f.UNLIMITED)])


def virtual(file: h5py.File, other: Path) -> None:
    layout = h5py.VirtualLayout(VALUES.shape, "f8")
    layout[:] = h5py.VirtualSource(str(other), "values", VALUES.shape)
    file.create_virtual_dataset("meta/values", layout)


WAYS = pytest.mark.parametrize("way", [linked, linked_above, linked_by_a_link, stored_outside, virtual])


@pytest.fixture
def other(tmp_path: Path) -> Path:
    path = tmp_path / "other.h5"
    with h5py.File(path, "w") as file:
        file["values"] = VALUES
    return path


@WAYS
def test_a_file_that_leads_to_another_is_refused(way: Callable[..., None], other: Path, tmp_path: Path) -> None:
    path = tmp_path / "one.h5"
    with h5py.File(path, "w") as file:
        way(file, other)
    with h5py.File(path) as file:
        assert len(file["meta/values"][:]) == len(VALUES), "HDF5 itself reads it"
        with pytest.raises(BadInput, match=r"one\.h5: .*: lies in another file, .*/other\.h5\. Give a file that"):
            require_own_content(file, path)
        with pytest.raises(BadInput, match=f"lies in another file, {other}"):
            require_own_content(file, path)


@WAYS
def test_the_other_file_is_not_even_opened(way: Callable[..., None], other: Path, tmp_path: Path) -> None:
    """A pipe would hold its reader for ever."""
    path = tmp_path / "one.h5"
    with h5py.File(path, "w") as file:
        way(file, other)
    other.unlink()
    os.mkfifo(other)
    with h5py.File(path) as file, pytest.raises(BadInput, match="lies in another file"):
        require_own_content(file, path)


def test_links_within_a_file_are_its_own_content(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "one.h5", "w") as file:
        file["meta/values"] = VALUES
        file["meta/again"] = file["meta/values"]
        file["soft"] = h5py.SoftLink("/meta/values")
        file["around"] = h5py.SoftLink("/")
        require_own_content(file, tmp_path / "one.h5")


@WAYS
def test_an_h5ad_file_that_leads_to_another_is_refused_whatever_its_seal(
    way: Callable[..., None], other: Path, tmp_path: Path
) -> None:
    path = tmp_path / "one.h5ad"
    with h5py.File(path, "w") as file:
        way(file, other)
    seal(path)
    with pytest.raises(BadInput, match=r"one\.h5ad: .*: lies in another file, .*/other\.h5"):
        read_annotated(path)
