"""What is told of a user's own file: its bytes, and what lies beside or above it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from workflow_scripts.contracts import provenance as provenances
from workflow_scripts.download.attest_file import attest_file
from workflow_scripts.io.attested import beside
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import digest


@pytest.fixture
def own(tmp_path: Path) -> Path:
    file = tmp_path / "mirror/host/data/mine.tsv"
    file.parent.mkdir(parents=True)
    file.write_text("a\t1\n")
    return file


def attested(file: Path, folder: Path, sha256: str | None = None) -> dict[str, Any]:
    made = folder / "made.provenance.json"
    attest_file(file=file, provenance=made, sha256=sha256 or digest(file))
    return provenances.read(made)


def manifest(file: Path, sha256: str, what: str) -> None:
    header = "dataset\turl\tsha256\tbytes\tlicence\twhat\tfacts\n"
    (file.parents[2] / "MANIFEST.tsv").write_text(
        f"{header}mine.tsv\thttps://host/mine.tsv\t{sha256}\t4\tCC0\t{what}\t\n"
    )


def test_of_a_file_that_nobody_knows_its_bytes_are_told(own: Path, tmp_path: Path) -> None:
    found = attested(own, tmp_path)
    assert found == {
        "dataset": "mine.tsv",
        "release": "",
        "url": "",
        "source": str(own),
        "sha256": digest(own),
        "bytes": 4,
        "checksum": "none: given by its path",
        "licence": "unknown",
        "simulated": False,
        "note": "",
        "retrieved": "",
    }
    assert provenances.is_unknown(found)


def test_a_copy_with_its_provenance_stays_what_it_is(own: Path, tmp_path: Path) -> None:
    told = attested(own, tmp_path) | {"simulated": True, "licence": "CC0-1.0", "release": "9", "source": "/there"}
    provenances.write(told, beside(own))
    assert attested(own, tmp_path) == told | {"source": str(own)}
    own.write_text("a\t2\n")  # another file in its place is not what lies beside
    assert provenances.is_unknown(attested(own, tmp_path))


@pytest.mark.parametrize("what", ["SIMULATED counts", "counts"])
def test_a_file_of_a_mirror_is_what_its_manifest_says(own: Path, tmp_path: Path, what: str) -> None:
    manifest(own, digest(own), what)
    found = attested(own, tmp_path)
    assert (found["url"], found["licence"], found["note"]) == ("https://host/mine.tsv", "CC0", what)
    assert found["simulated"] == (what != "counts")
    manifest(own, "0" * 64, what)
    assert provenances.is_unknown(attested(own, tmp_path))


def test_a_table_of_that_name_that_is_no_manifest_says_nothing(own: Path, tmp_path: Path) -> None:
    (own.parents[2] / "MANIFEST.tsv").write_bytes(b"id\tsha256\n\xff\t" + digest(own).encode() + b"\n")
    assert provenances.is_unknown(attested(own, tmp_path))


def test_a_file_that_changes_meanwhile_is_refused(own: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="mine.tsv: changes while the workflow runs"):
        attested(own, tmp_path, "0" * 64)
    assert not (tmp_path / "made.provenance.json").exists()
