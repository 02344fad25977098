"""A file stands under its name when it is whole, and not before."""

from __future__ import annotations

import gzip
import hashlib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.disks import fill, small_disk
from tests.support.workflow import ROOT
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import digest, remove_unfinished, replacing
from workflow_scripts.io.text import open_maybe_gzip


def test_an_error_leaves_neither_file_nor_trace(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="stop"), replacing(tmp_path / "file.tsv") as temporary:
        temporary.write_text("half")
        raise RuntimeError("stop")
    assert list(tmp_path.iterdir()) == []


WRITER = """
import sys, time
from pathlib import Path
from workflow_scripts.io.files import replacing
with replacing(Path(sys.argv[1])) as temporary:
    temporary.mkdir() if sys.argv[2] == "folder" else temporary.write_text("half")
    (temporary.parent / "beside").write_text("scratch of a library")
    print("writing", flush=True)
    sys.stdin.read()
    if sys.argv[2] == "folder":
        (temporary / "part").write_text("theirs")
    else:
        temporary.write_text("theirs")
"""


@contextmanager
def writing(path: Path, kind: str) -> Iterator[subprocess.Popen]:
    """Another process that is in the midst of writing `path`, and ends when its input does."""
    command = [sys.executable, "-c", WRITER, path, kind]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout.readline() == "writing\n"
        yield writer


def write(path: Path, kind: str, text: str = "ours") -> None:
    with replacing(path) as temporary:
        put(temporary, kind, text)


def put(temporary: Path, kind: str, text: str) -> None:
    if kind == "folder":
        temporary.mkdir()
    (temporary / "part" if kind == "folder" else temporary).write_text(text)


def content(path: Path, kind: str) -> str:
    return (path / "part" if kind == "folder" else path).read_text()


KINDS = pytest.mark.parametrize("kind", ["file", "folder"])


@KINDS
def test_what_a_killed_writer_left_is_removed(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "made.tsv"
    with writing(path, kind) as writer:
        writer.kill()
    assert not path.exists() and len(list(tmp_path.iterdir())) == 1
    remove_unfinished(path)
    assert list(tmp_path.iterdir()) == []


@KINDS
def test_one_that_writes_yet_is_left_alone_and_who_ends_last_stays(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "made.tsv"
    with writing(path, kind) as writer:
        write(path, kind)
        assert content(path, kind) == "ours"
        writer.stdin.close()
        assert writer.wait(timeout=30) == 0
    assert content(path, kind) == "theirs"
    assert list(tmp_path.iterdir()) == [path]


@KINDS
def test_two_that_have_one_process_number_do_not_meet(kind: str, tmp_path: Path) -> None:
    """As on two hosts, or where the number of a killed process returns."""
    path = tmp_path / "made.tsv"
    with replacing(path) as first, replacing(path) as second:
        put(first, kind, "first")
        put(second, kind, "second")
    assert content(path, kind) == "first"
    assert list(tmp_path.iterdir()) == [path]


@KINDS
def test_an_error_leaves_the_older_content(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "made"
    write(path, kind, "old")
    with pytest.raises(RuntimeError), replacing(path) as temporary:
        put(temporary, kind, "half")
        raise RuntimeError
    assert content(path, kind) == "old"
    write(path, kind, "new")
    assert content(path, kind) == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_library_says_of_a_full_disk_is_said_in_its_words(tmp_path: Path) -> None:
    """Libraries in C tell that they could not write, and not why."""
    with small_disk(tmp_path / "disk", "4m") as disk:
        for full in (False, True):
            expected = pytest.raises(OSError, match="No space left") if full else pytest.raises(RuntimeError)
            with expected as caught, replacing(disk / "made.bw") as temporary:
                temporary.write_bytes(bytes(100_000))
                if full:
                    fill(disk)
                raise RuntimeError("Received an error")
            assert not full or caught.value.filename == str(disk / "made.bw")
            assert not (disk / "made.bw").exists()


def test_nothing_else_is_taken_for_what_a_killed_writer_left(tmp_path: Path) -> None:
    others = {
        ".made.tsv.swp",
        ".made.tsv.gz.00000000.unfinished",
        ".made.tsv.unfinished",
        "made.tsv.00000000.unfinished",
    }
    for name in others:
        (tmp_path / name).mkdir()
    remove_unfinished(tmp_path / "made.tsv")
    assert {path.name for path in tmp_path.iterdir()} == others


def test_the_place_to_write_to_has_the_name_and_stands_in_the_same_file_system(tmp_path: Path) -> None:
    with replacing(tmp_path / "new/file.tsv.gz") as temporary:
        assert temporary.name == "file.tsv.gz"
        assert temporary.parent.parent == tmp_path / "new"
        temporary.touch()


def test_a_digest_is_that_of_the_bytes(tmp_path: Path) -> None:
    content = bytes(range(256)) * 8192  # 2 MiB, two blocks
    (tmp_path / "file").write_bytes(content)
    assert digest(tmp_path / "file") == hashlib.sha256(content).hexdigest()
    assert digest(tmp_path / "file", "md5") == hashlib.md5(content).hexdigest()


@pytest.mark.parametrize("name", ["file.tsv", "file.tsv.gz"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
def test_gzip_is_told_by_the_bytes_and_not_by_the_name(tmp_path: Path, name: str, pack) -> None:
    (tmp_path / name).write_bytes(pack("gène\n".encode()))
    with open_maybe_gzip(tmp_path / name) as handle:
        assert list(handle) == ["gène\n"]
    with open_maybe_gzip(tmp_path / name, "rb") as handle:
        assert handle.read() == "gène\n".encode()
    (tmp_path / name).write_bytes(pack(b"g\xe8ne"))
    with open_maybe_gzip(tmp_path / name) as handle, pytest.raises(UnicodeDecodeError):
        handle.read()
    with open_maybe_gzip(tmp_path / name, errors="replace") as handle:
        assert handle.read() == "g\ufffdne"


def test_an_empty_file_is_plain(tmp_path: Path) -> None:
    (tmp_path / "file.gz").touch()
    with open_maybe_gzip(tmp_path / "file.gz") as handle:
        assert handle.read() == ""


def test_bad_input_is_one_line_with_file_place_reason_and_remedy() -> None:
    fault = BadInput(Path("a/b.tsv"), "line 3", "has\n  two words", "Give one.")
    assert str(fault) == "a/b.tsv: line 3: has two words. Give one."
    assert (fault.file, fault.place, fault.remedy) == ("a/b.tsv", "line 3", "Give one.")
    assert str(BadInput("a", "", "is empty", "Fill it.")) == "a: is empty. Fill it."
