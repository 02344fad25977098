"""A file is what its provenance tells, or is refused; it is read once for every state."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from workflow_scripts.io import ledger
from workflow_scripts.io.attested import beside, own_name, require_attested
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import digest
from workflow_scripts.io.seal import sealed

pytestmark = pytest.mark.usefixtures("own_ledger")


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files of which the bytes were read."""
    found: list[Path] = []

    def counted(path: Path) -> str:
        found.append(path)
        return digest(path)

    monkeypatch.setattr(ledger, "digest", counted)
    return found


def replaced(file: Path, content: str, time_ns: int) -> None:
    """As `mv` or `cp -p` would: another file in its place, of a date that need not be later."""
    file.with_name("other").write_text(content)
    os.utime(file.with_name("other"), ns=(time_ns, time_ns))
    file.with_name("other").replace(file)


def test_an_unchanged_file_is_read_once(tmp_path: Path, read: list[Path]) -> None:
    file = tmp_path / "a.tsv"
    file.write_text("one")
    assert {ledger.sha256_of(file) for _ in range(3)} == {digest(file)}
    assert read == [file]


def test_a_replaced_file_is_read_again_whatever_its_size_and_date(tmp_path: Path, read: list[Path]) -> None:
    file = tmp_path / "a.tsv"
    file.write_text("one")
    time = file.stat().st_mtime_ns
    found = [ledger.sha256_of(file)]
    for content, moved in (("two", 0), ("six", -(10**12)), ("ten", 10**12)):
        replaced(file, content, time + moved)
        found.append(ledger.sha256_of(file))
        assert found[-1] == digest(file)
    assert len(set(found)) == len(read) == 4


def test_a_file_written_while_it_is_read_is_not_entered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.tsv"
    file.write_text("one")

    def slow(path: Path) -> str:
        found = digest(path)
        replaced(file, "two", 0)
        return found

    monkeypatch.setattr(ledger, "digest", slow)
    first = ledger.sha256_of(file)
    monkeypatch.setattr(ledger, "digest", digest)
    assert ledger.sha256_of(file) == digest(file) != first


def test_a_damaged_entry_is_made_anew(tmp_path: Path, own_ledger: Path, read: list[Path]) -> None:
    file = tmp_path / "a.tsv"
    file.write_text("one")
    ledger.sha256_of(file)
    (entry,) = own_ledger.iterdir()
    whole = entry.read_text()
    for damaged in ("", "[]", "{", json.dumps({"state": json.loads(whole)["state"]})):
        entry.write_text(damaged)
        assert ledger.sha256_of(file) == digest(file)
        assert json.loads(entry.read_text()) == json.loads(whole)
    assert len(read) == 5


def test_without_a_place_for_the_ledger_files_are_read_each_time(tmp_path: Path, own_ledger: Path) -> None:
    own_ledger.write_text("a file where a folder belongs")
    (tmp_path / "a.tsv").write_text("one")
    assert ledger.sha256_of(tmp_path / "a.tsv") == ledger.sha256_of(tmp_path / "a.tsv") == digest(tmp_path / "a.tsv")


def provenance(of: str, at: Path) -> str:
    at.parent.mkdir(exist_ok=True)
    at.write_text(sealed({"sha256": of}))
    return str(at)


def test_each_file_is_held_against_its_own_provenance(tmp_path: Path) -> None:
    fetched, own = tmp_path / "a.gtf", tmp_path / "mine/a.gtf"  # two files of one name
    own.parent.mkdir()
    for file, text in ((fetched, "public"), (own, "mine")):
        file.write_text(text)
    of_own = tmp_path / f"provenance/{own_name(str(own))}.provenance.json"
    files = [str(fetched), str(own), provenance(digest(fetched), beside(fetched)), provenance(digest(own), of_own)]
    require_attested(files)
    require_attested(files[2:])  # a figure shows what is told, and reads neither
    require_attested([*files, str(tmp_path / "made/a.gtf")])  # what other rules made has none, whatever its name
    for file in (fetched, own):
        before = file.read_text()
        file.write_text("other")
        with pytest.raises(BadInput, match=f"^{file}: is not the file that .* tells of"):
            require_attested(files)
        file.write_text(before)
    require_attested(files)


def test_a_damaged_provenance_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.gtf"
    file.write_text("public")
    told = provenance(digest(file), beside(file))
    for damaged in ("", "[]", beside(file).read_text().replace('"sha256"', '"sha255"'), '{"sha256": "0"}'):
        beside(file).write_text(damaged)
        with pytest.raises(BadInput, match="provenance.json: (is damaged|not readable)"):
            require_attested([str(file), told])
