"""Embeddings of samples that were computed elsewhere, in the formats in which people keep them."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import anndata
import numpy as np
import pandas as pd

from workflow_scripts.io.errors import BadInput

ID = "sample_id"


def read_table(path: Path) -> pd.DataFrame:
    """Samples (index, text) x numbers float32, as they stand in a file; its name says which format it is.

    Raises BadInput on another format, and on an unreadable file.
    """
    for suffix, read in FORMATS.items():
        if path.name.endswith(suffix):
            try:
                found = read(path)
                found.index = found.index.astype(str)
                return found.astype(np.float32)
            except (OSError, ValueError, TypeError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile) as error:
                remedy = f"Give a table whose first column, or whose {ID}, names samples, and that else holds numbers."
                raise BadInput(path, "", f"not readable as embeddings of samples ({error})", remedy) from error
    raise BadInput(path, "", "is of no format that is known here", f"Give one of {', '.join(FORMATS)}.")


def _text(separator: str) -> Callable[[Path], pd.DataFrame]:
    return lambda path: pd.read_csv(path, sep=separator, index_col=0, dtype={0: str})


def _parquet(path: Path) -> pd.DataFrame:
    found = pd.read_parquet(path)
    return found.set_index(ID) if ID in found else found


def _h5ad(path: Path) -> pd.DataFrame:
    data = anndata.read_h5ad(path)
    x = data.X.toarray() if hasattr(data.X, "toarray") else data.X
    return pd.DataFrame(np.asarray(x), index=data.obs_names)


def _npz(path: Path) -> pd.DataFrame:
    with np.load(path, allow_pickle=False) as file:
        return pd.DataFrame(file["embeddings"], index=file[ID])


FORMATS: dict[str, Callable[[Path], pd.DataFrame]] = {
    ".tsv": _text("\t"),
    ".tsv.gz": _text("\t"),
    ".csv": _text(","),
    ".csv.gz": _text(","),
    ".parquet": _parquet,
    ".h5ad": _h5ad,
    ".npz": _npz,  # arrays sample_id and embeddings; a single .npy has no place for names
}
