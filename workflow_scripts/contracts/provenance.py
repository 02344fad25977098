"""Provenance of one input file; where it lies, `io/attested` says.

Keys: dataset, release, url (the public address; empty where none is known), source (where the bytes came from),
sha256, bytes, checksum (what was verified, as declared), licence, simulated (bool: made by the `simulate` stage),
note (str: what a mirror says of the file; empty for the public original), retrieved (ISO 8601, UTC; empty for a
user's own file), and the digest of all these.
A note that begins with DERIVED says that the file was made from other files: it is real data in the layout of
the public file, and not that file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workflow_scripts.io.attested import REMEDY
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import replacing
from workflow_scripts.io.seal import sealed, unsealed

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
        raise BadInput(where, missing[0], "is missing", REMEDY)


def is_unknown(provenance: dict[str, Any]) -> bool:
    """Whether nobody says what the file is."""
    return not provenance["url"] and not provenance["simulated"]


def is_derived(provenance: dict[str, Any]) -> bool:
    """Whether the file was made from other files than the one at its public address."""
    return provenance["note"].startswith("DERIVED")


def write(provenance: dict[str, Any], path: Path) -> None:
    validate(provenance, path)
    with replacing(path) as temporary:
        temporary.write_text(sealed(provenance), encoding="utf-8")


def read(path: Path) -> dict[str, Any]:
    provenance = unsealed(path, REMEDY)
    validate(provenance, path)
    return provenance


def identify(provenance: Path) -> dict[str, str]:
    """Return revision, weights_sha256, licence and origin of what an embedding is made of, as its provenance tells.

    A file of which nobody says what it is goes by its checksum.
    """
    known = read(provenance)
    origin = "simulated" if known["simulated"] else "unknown" if is_unknown(known) else "published"
    return {
        "revision": known["release"] or known["sha256"][:12],
        "weights_sha256": known["sha256"],
        "licence": known["licence"],
        "origin": origin,
    }
