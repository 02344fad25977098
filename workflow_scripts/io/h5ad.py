"""AnnData files that others wrote: their tables and matrices, read by rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import pandas as pd
import scipy.sparse
from anndata.io import read_elem, sparse_dataset

from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.hdf5 import require_own_content
from workflow_scripts.io.text import DAMAGED

LAYOUT = "Give an .h5ad file as anndata 0.8 or later writes it."


@contextmanager
def opened(path: Path) -> Iterator[h5py.File]:
    """The open file, all of whose content is its own; whatever HDF5 or anndata cannot read becomes BadInput."""
    try:
        with h5py.File(path, "r") as file:
            require_own_content(file, path)
            yield file
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        raise BadInput(path, "", f"not a readable .h5ad file ({error})", DAMAGED) from error


def frame(file: h5py.File, path: Path, name: str) -> pd.DataFrame:
    """obs or var."""
    if name not in file:
        raise BadInput(path, name, "is missing", LAYOUT)
    found = read_elem(file[name])
    if not isinstance(found, pd.DataFrame):
        raise BadInput(path, name, "is no table", LAYOUT)
    return found


def matrix(file: h5py.File, path: Path, layer: str) -> h5py.Dataset | scipy.sparse.csr_matrix:
    """X, or the layer of that name, to be sliced by rows; what is sparse by columns (CSC) is read as a whole."""
    name = f"layers/{layer}" if layer else "X"
    if name not in file:
        layers = ", ".join(sorted(file.get("layers", {}))) or "none"
        raise BadInput(path, name, f"is missing; layers of the file: {layers}", "Name one of them as `layer`.")
    found = file[name]
    if isinstance(found, h5py.Dataset):
        return found
    if found.attrs.get("encoding-type") == "csc_matrix":
        return read_elem(found).tocsr()
    return sparse_dataset(found)
