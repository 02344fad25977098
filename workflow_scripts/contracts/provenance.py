"""Provenance of one downloaded file: `resources/{dataset}.provenance.json`, beside the file.

Keys: dataset, release, url (the public address), source (where the bytes came from), sha256, bytes,
checksum (what was verified, as declared), licence, simulated (bool: made by the `simulate` stage),
note (str: what a mirror says of the file; empty for the public original), retrieved (ISO 8601, UTC).
A note that begins with DERIVED says that the file was made from other files: it is real data in the layout of
the public file, and not that file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import replacing

KEYS = (
    "dataset",
    "release",
    "url",
    "source",
    "sha256",
    "bytes",
    "checksum",
    "licence",
    "simulated",
    "note",
    "retrieved",
)


def validate(provenance: dict[str, Any], where: Path | str = "provenance") -> None:
    missing = [key for key in KEYS if key not in provenance]
    if missing:
        raise BadInput(where, missing[0], "is missing", "Download the file again.")


def is_derived(provenance: dict[str, Any]) -> bool:
    """Whether the file was made from other files than the one at its public address."""
    return provenance["note"].startswith("DERIVED")


def write(provenance: dict[str, Any], path: Path) -> None:
    validate(provenance, path)
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(provenance, indent=2, sort_keys=True) + "\n")


def read(path: Path) -> dict[str, Any]:
    try:
        provenance = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise BadInput(path, "", f"not readable ({error})", "Download the file again.") from error
    validate(provenance, path)
    return provenance
