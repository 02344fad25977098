"""Whether an input file is what its provenance tells, wherever it is read.

The provenance of a file that the workflow fetched or made lies beside it, `{name}.provenance.json`; that of a user's
own among the results, `provenance/{name}-{digits}.provenance.json`, where the digits tell two files of one name apart.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.ledger import sha256_of
from workflow_scripts.io.seal import unsealed

SUFFIX = ".provenance.json"
REMEDY = "Remove it, and run again."


def beside(file: Path) -> Path:
    """Where the provenance of a file lies that the workflow fetched or made."""
    return file.with_name(f"{file.name}{SUFFIX}")


def own_name(file: str) -> str:
    """What a user's own file is called among the provenance of a run; `file` is its path, as rules name it."""
    return f"{Path(file).name}-{hashlib.sha256(file.encode()).hexdigest()[:8]}"


def is_attested(file: Path, provenance: Path) -> bool:
    """Whether a file is, at this moment, what its provenance tells; BadInput where that is damaged."""
    return sha256_of(file) == unsealed(provenance, REMEDY)["sha256"]


def require_attested(files: Iterable[str]) -> None:
    """Raise BadInput unless each of `files` whose provenance is among them is what that tells."""
    told = {Path(file) for file in files if file.endswith(SUFFIX)}
    of_own = {path.name: path for path in told}
    for file in files:
        fetched = beside(Path(file))
        provenance = fetched if fetched in told else of_own.get(f"{own_name(file)}{SUFFIX}")
        if provenance and not is_attested(Path(file), provenance):
            raise BadInput(file, "", f"is not the file that {provenance} tells of", "It changed since: run again.")
