"""The provenance of files that stand in the results as they were simulated, outside the mirror."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from workflow_scripts.contracts import provenance
from workflow_scripts.io.files import digest
from workflow_scripts.simulate.layout import LICENCE


def write_provenance(file: Path, path: Path, door: str, statement: str) -> None:
    """Write to `path` what `file` is, which `door` made: a `statement` of what was simulated."""
    record = {
        "dataset": file.name,
        "release": "simulated",
        "url": "",
        "source": door,
        "sha256": digest(file),
        "bytes": file.stat().st_size,
        "checksum": "none: made here",
        "licence": LICENCE,
        "simulated": True,
        "note": f"SIMULATED: {statement}",
        "retrieved": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    provenance.write(record, path)
