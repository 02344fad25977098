"""Matrices with annotated rows and columns: AnnData files that are whole or absent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import anndata
import h5py
import numpy as np
from anndata.io import write_elem

from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import replacing
from workflow_scripts.io.hdf5 import require_own_content
from workflow_scripts.io.seal import require_intact, seal

ROWS_PER_CHUNK = 64


def write_annotated(data: anndata.AnnData, path: Path) -> None:
    """Write X, obs, var, varp and uns to `path` by way of a temporary name, X in chunks of rows, and the seal."""
    chunks = (min(ROWS_PER_CHUNK, data.n_obs), data.n_vars)
    layout = {"chunks": chunks, "compression": "lzf"} if data.n_obs else {}
    without_x = anndata.AnnData(obs=data.obs, var=data.var, varp=dict(data.varp), uns=data.uns)
    with replacing(path) as temporary:
        with h5py.File(temporary, "w") as file:
            write_elem(file, "/", without_x)
            write_elem(file, "X", data.X, dataset_kwargs=layout)
        seal(temporary)


def write_blocks(
    data: anndata.AnnData, layers: Sequence[str], blocks: Iterable[Sequence[np.ndarray]], path: Path
) -> None:
    """Write `data`, which has no X, with X and `layers` (float32) that come in blocks of rows, in order.

    Memory is bounded by a block: (rows of X, rows of each layer, ...). Packed by gzip, which readers in all languages
    have. Raises TypeError or ValueError where the blocks hold more or fewer rows than `data`.
    """
    layout = {"chunks": (min(ROWS_PER_CHUNK, data.n_obs), data.n_vars), "compression": "gzip", "compression_opts": 1}
    with replacing(path) as temporary:
        with h5py.File(temporary, "w") as file:
            write_elem(file, "/", data)
            matrices = [
                file.create_dataset(name, data.shape, np.float32, shuffle=True, **layout)
                for name in ("X", *(f"layers/{name}" for name in layers))
            ]
            for matrix in matrices:
                matrix.attrs.update({"encoding-type": "array", "encoding-version": "0.2.0"})  # as AnnData calls it
            first = 0
            for block in blocks:
                rows = slice(first, first + len(block[0]))
                for matrix, part in zip(matrices, block, strict=True):
                    matrix[rows] = part
                first = rows.stop
            if first != data.n_obs:
                raise ValueError(f"{path}: {first} rows came for {data.n_obs}")
        seal(temporary)


def read_annotated(path: Path, backed: bool = False) -> anndata.AnnData:
    """Read an .h5ad file; `backed` leaves X on disk. A damaged file, or one that was
    not written here or leads to other files, raises BadInput."""
    require_intact(path)
    try:
        with h5py.File(path, "r") as file:
            require_own_content(file, path)
        return anndata.read_h5ad(path, backed="r" if backed else None)
    except (OSError, KeyError, ValueError, TypeError, RuntimeError) as error:
        raise BadInput(path, "", f"not a readable .h5ad file ({error})", "Remove it and run its rule again.") from error


def require(data: anndata.AnnData, path: Path | str, obs: tuple[str, ...], uns: tuple[str, ...]) -> None:
    """Raise BadInput naming the first column of obs or key of uns that is missing."""
    missing = [f"obs/{name}" for name in obs if name not in data.obs] + [
        f"uns/{name}" for name in uns if name not in data.uns
    ]
    if missing:
        raise BadInput(path, missing[0], "is missing", "Remove the file and run its rule again.")
