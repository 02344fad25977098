"""HDF5 files that hold all of their content."""

from __future__ import annotations

from pathlib import Path

import h5py

from workflow_scripts.io.errors import BadInput


def require_own_content(file: h5py.File, path: Path) -> None:
    """Raise BadInput where a part of an open file lies in another one, which the checksum of this one does not cover.

    HDF5 has three ways to say so: a link to another file, a dataset in external storage, and a virtual dataset. The
    other file is not opened.
    """
    names: list[bytes] = []
    try:
        file.id.links.visit(names.append)
        for name in map(bytes.decode, names):
            if other := _other_file(file, name):
                raise BadInput(path, name, f"lies in another file, {other}", "Give a file that holds all of its parts.")
    except (OSError, LookupError, TypeError, ValueError, RuntimeError) as error:
        raise BadInput(path, "", f"its parts cannot be listed ({error})", "Fetch or make the file again.") from error


def _other_file(file: h5py.File, name: str) -> str | None:
    """The file in which what `name` stands for lies, if it is not this one."""
    link = file.get(name, getlink=True)
    if isinstance(link, h5py.ExternalLink):
        return link.filename
    if isinstance(link, h5py.HardLink) and isinstance(found := file[name], h5py.Dataset):
        if found.external:
            return found.external[0][0]
        if found.is_virtual:
            return found.virtual_sources()[0].file_name
    return None  # where a link within the file leads, its parts are looked at as well
