"""Paths that a configuration names: relative to its own file, and there before any job starts."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from workflow_scripts.settings.errors import BadConfiguration
from workflow_scripts.settings.schema import names_files, names_mirror, walk


def resolve(config: dict[str, Any], schema: dict[str, Any], stated: dict[Path, Any]) -> None:
    """Put into `config` paths that hold in the working directory; raise BadConfiguration where no file is.

    stated: content by file. A relative path is relative to the folder of the file that states it, of several the
    last; what `--config` or a module gives is relative to the working directory.
    """
    leaves = [(file.parent, dict(_leaves(content))) for file, content in stated.items()]

    def folder(place: str, value: Any) -> Path:
        return next((folder for folder, given in reversed(leaves) if given.get(place) == value), Path())

    _place(
        config,
        schema,
        file=lambda place, value, name: own_file(place, name, folder(place, value)),
        mirror=lambda place, value: _from_here(value, folder(place, value)),
    )


def absolute(config: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """A copy of a resolved configuration that holds in every working directory."""
    config = copy.deepcopy(config)
    _place(
        config,
        schema,
        file=lambda place, value, name: str(Path(name).absolute()),
        mirror=lambda place, value: str(Path(value).absolute()),
    )
    return config


def _place(
    config: dict[str, Any], schema: dict[str, Any], file: Callable[..., str], mirror: Callable[..., str]
) -> None:
    """Put other paths into `config`: file(place, value, name) of each own file, mirror(place, value) of a folder.

    value: what stands at the key path `place`, of a file its name or a list of names.
    """
    for place, value, of_leaf in list(walk(config, schema)):
        if names_files(of_leaf):
            paths = [file(place, value, name) if is_own(name) else name for name in listed(value)]
            _put(config, place, paths if isinstance(value, list) else paths[0])
        elif names_mirror(of_leaf) and is_folder(value):
            _put(config, place, mirror(place, value))


def listed(value: str | list[str] | None) -> list[str]:
    """The names of files at a key that takes one, several or none."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def is_own(name: str) -> bool:
    """Whether a name is the path of a user's own file: no row of the sheet, and nothing that a rule makes."""
    return "/" in name and not name.startswith("<")


def is_folder(mirror: str | None) -> bool:
    """Whether a mirror is a folder: neither simulated nor a web server."""
    return mirror not in (None, "simulate") and not mirror.startswith(("http://", "https://"))


def own_file(place: str, name: str, folder: Path) -> str:
    """The path `name` of `folder`, as it is called in the working directory; BadConfiguration where it is no file."""
    path = _from_here(name, folder)
    try:
        with Path(path).open("rb"):
            return path
    except (OSError, ValueError) as error:  # a NUL in a name is a ValueError
        reason = getattr(error, "strerror", None) or str(error)
    where = "" if path == name else f" ({Path(path).absolute()})"
    raise BadConfiguration(f"configuration: {place}: given {name!r}{where}: {reason}; allowed: a file to read")


def _from_here(name: str, folder: Path) -> str:
    """The path `name` of `folder`, as it is called in the working directory."""
    path = name if Path(name).is_absolute() else os.path.relpath(folder / name)
    return path if "/" in path else str(Path(path).absolute())  # without a slash it would be a row of the sheet


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(key path, value) of everything that is no mapping."""
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _leaves(child, f"{path}/{key}".lstrip("/"))
    else:
        yield path, value


def _put(config: dict[str, Any], place: str, value: Any) -> None:
    *path, last = place.split("/")
    for key in path:
        config = config[key]
    config[last] = value
