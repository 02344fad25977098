"""A mirror: a folder or web server that holds HOST/PATH for each https://HOST/PATH, and its MANIFEST.tsv.

Columns of the manifest that are read: url, sha256, bytes, licence, what. `what` says what the file is; it begins
with SIMULATED where the file is made by the `simulate` stage.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from workflow_scripts.io.errors import BadInput

NAME = "MANIFEST.tsv"
COLUMNS = ("url", "sha256", "bytes", "licence", "what")


@dataclass(frozen=True)
class Entry:
    """What a mirror says of one file."""

    sha256: str
    bytes: int
    licence: str
    what: str


def below(mirror: str, url: str) -> str:
    """The address of the public `url` in `mirror`, itself an address (file, http, https) without a closing slash."""
    parts = urlsplit(url)
    return f"{mirror}/{parts.netloc}{quote(unquote(parts.path))}"


def find(table: str, url: str, where: str) -> Entry:
    """The entry for `url` in the text of a manifest that stands at `where`."""
    reader = csv.DictReader(table.splitlines(), delimiter="\t")
    missing = [column for column in COLUMNS if column not in (reader.fieldnames or [])]
    if missing:
        raise BadInput(where, missing[0], "the column is missing", "A mirror's manifest needs " + ", ".join(COLUMNS))
    entries = {_entry(row, where) for row in reader if row["url"] == url}
    if not entries:
        raise BadInput(where, "", f"the mirror does not hold {url}", "Add the file, or set download.mirror otherwise.")
    if len(entries) > 1:
        raise BadInput(where, url, "is listed with different contents", "Keep the line that is right.")
    return entries.pop()


def told_of(table: str, sha256: str) -> dict[str, Any]:
    """What the text of a manifest says of the file with this checksum, as keys of its provenance; {} if nothing."""
    for row in csv.DictReader(table.splitlines(), delimiter="\t"):
        if set(COLUMNS) <= row.keys() and row["sha256"] == sha256:
            entry = _entry(row, NAME)
            return {
                "url": row["url"],
                "checksum": f"sha256:{sha256} ({NAME})",
                "licence": entry.licence or "unknown",
                "simulated": is_simulated(entry.what),
                "note": entry.what,
            }
    return {}


def is_simulated(what: str) -> bool:
    return what.startswith("SIMULATED")


def _entry(row: dict[str, str], where: str) -> Entry:
    if len(row["sha256"] or "") != 64 or not (row["bytes"] or "").isdecimal():
        raise BadInput(where, row["url"], "has no sha256 or no size", "Write both into the manifest.")
    return Entry(row["sha256"].lower(), int(row["bytes"]), row["licence"] or "", row["what"] or "")
