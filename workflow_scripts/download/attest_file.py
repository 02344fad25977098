"""The provenance of a file that the configuration names by its path: what is known of it, and its checksum."""

from workflow_scripts.rule import run

from pathlib import Path

from workflow_scripts.contracts import provenance as provenances
from workflow_scripts.download import manifest
from workflow_scripts.io.attested import beside
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.ledger import sha256_of


def attest_file(*, file: Path, provenance: Path, sha256: str) -> None:
    """Write the provenance of a user's own file of the checksum `sha256`.

    What it is, is told by the provenance beside it, if this workflow once fetched or made it, or by the manifest of
    the mirror in whose folder it lies; both are believed only of a file with the checksum that they give. Of any other
    file nothing is known but its bytes.
    """
    if sha256_of(file) != sha256:
        raise BadInput(file, "", "changes while the workflow runs", "Run again when it is complete.")
    known = {
        "dataset": file.name,
        "release": "",
        "url": "",
        "sha256": sha256,
        "bytes": file.stat().st_size,
        "checksum": "none: given by its path",
        "licence": "unknown",
        "simulated": False,
        "note": "",
        "retrieved": "",
    }
    known |= told_beside(file, sha256) or told_by_mirror(file, sha256)
    provenances.write({**known, "source": str(file.absolute())}, provenance)


def told_beside(file: Path, sha256: str) -> dict:
    """The provenance that lies beside a file, if it is that of these bytes."""
    if not beside(file).is_file():
        return {}
    found = provenances.read(beside(file))
    return found if found["sha256"] == sha256 else {}


def told_by_mirror(file: Path, sha256: str) -> dict:
    """What the manifest of a folder above a file says of these bytes."""
    for folder in file.absolute().parents:
        table = folder / manifest.NAME
        if table.is_file():
            return manifest.told_of(table.read_text(encoding="utf-8", errors="replace"), sha256)
    return {}


if "snakemake" in globals():
    run(attest_file, snakemake)  # noqa: F821
