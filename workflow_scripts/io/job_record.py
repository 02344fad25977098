"""The record of a job that ended well: what it read and wrote, with checksums, when, and with which software.

It stands beside the job's log, `{stage}/{rule}.{name}.json`, written by the door; `report/write_crate` reads it. Of a
folder every file is listed.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from workflow_scripts.io.files import replacing
from workflow_scripts.io.ledger import sha256_of
from workflow_scripts.io.seal import sealed, unsealed

STAMP = ".snakemake_timestamp"  # what Snakemake adds to the folders that rules make
CONTAINERS = ("APPTAINER_CONTAINER", "SINGULARITY_CONTAINER")


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def write(snakemake: Any, started: str) -> None:
    """Write the record of the job that `snakemake` describes and that began at `started`."""
    record = {
        "rule": snakemake.rule,
        "wildcards": {name: str(value) for name, value in snakemake.wildcards.items()},
        "inputs": checksums(snakemake.input),
        "outputs": checksums(snakemake.output),
        "params": {name: str(value) for name, value in snakemake.params.items()},
        "threads": snakemake.threads,
        "started": started,
        "ended": now(),
        "environment": sys.prefix,
        "container": next((os.environ[name] for name in CONTAINERS if name in os.environ), ""),
        "versions": versions(),
    }
    with replacing(path_of(snakemake.log)) as temporary:
        temporary.write_text(sealed(record), encoding="utf-8")


def read(path: Path) -> dict[str, Any]:
    return unsealed(path, "Remove it and run its rule again.")


def path_of(log: Iterable[str]) -> Path:
    """Where the record of a job is that logs there."""
    return Path(next(iter(log))).with_suffix(".json")


def checksums(given: Iterable[str]) -> dict[str, str]:
    """{file: sha256} of files and of the files in folders."""
    return {str(file): sha256_of(file) for file in files(map(Path, given))}


def files(given: Iterable[Path]) -> Iterator[Path]:
    """Files, and the files in folders."""
    for path in given:
        if path.is_dir():
            yield from (file for file in sorted(path.rglob("*")) if file.is_file() and file.name != STAMP)
        else:
            yield path


def versions() -> dict[str, str]:
    """{package: version} of Python and of what it has imported."""
    loaded = {name for name in sys.modules if "." not in name} - set(sys.stdlib_module_names)
    found = {name: _version(name) for name in sorted(loaded)}
    return {"python": platform.python_version(), **{name: version for name, version in found.items() if version}}


def _version(package: str) -> str:
    """The version that a package states, without asking it: some warn, or import more."""
    stated = getattr(sys.modules[package], "__dict__", {}).get(
        "__version__"
    )  # what stands there is not always a module
    if isinstance(stated, str):
        return stated
    try:
        return metadata.version(package)
    except (metadata.PackageNotFoundError, ValueError):
        return ""
