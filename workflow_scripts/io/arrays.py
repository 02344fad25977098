"""Named arrays in one npz file, sealed."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import replacing
from workflow_scripts.io.seal import require_intact, seal


def write_arrays(arrays: Mapping[str, ArrayLike], path: Path) -> None:
    with replacing(path) as temporary:
        np.savez(temporary, **{name: np.asarray(value) for name, value in arrays.items()})
        seal(temporary)


def read_arrays(path: Path, names: Iterable[str], what: str) -> dict[str, np.ndarray]:
    """The arrays of these names; BadInput, which calls the file a `what`, where it is damaged or lacks one."""
    require_intact(path)
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in names}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise BadInput(path, "", f"not a readable {what} ({error})", "Remove it and run its rule again.") from error
