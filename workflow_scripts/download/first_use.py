"""The ledger of files whose source publishes no checksum: recorded at first, verified from then on.

One file a dataset below `resources/.first-use/`, beside the downloads but no output of a rule, since Snakemake
removes outputs before their job runs. A new address in config/datasets.tsv starts a new record.
"""

from __future__ import annotations

import json
from pathlib import Path

from workflow_scripts.download.checksums import Checksum
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import replacing


def path_of(file: Path) -> Path:
    return file.parent / ".first-use" / f"{file.name}.json"


def recorded(file: Path, url: str) -> Checksum | None:
    """The checksum with which `url` was downloaded to `file` before, if it was."""
    ledger = path_of(file)
    if not ledger.exists():
        return None
    try:
        record = json.loads(ledger.read_text())
        same, sha256 = record["url"] == url, record["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(ledger, "", f"not readable ({error!r})", "Remove it to record the file anew.") from error
    return Checksum("sha256", sha256, f"first use, recorded in {ledger}") if same else None


def record(file: Path, url: str, sha256: str) -> None:
    """Write down the checksum of the first download."""
    with replacing(path_of(file)) as temporary:
        temporary.write_text(json.dumps({"url": url, "sha256": sha256}, indent=2) + "\n")
