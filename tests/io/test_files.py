"""A file stands under its name when it is whole, and not before."""

from __future__ import annotations

import gzip
import hashlib
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.workflow import ROOT
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import digest, replacing
from workflow_scripts.io.text import open_maybe_gzip


def test_an_error_leaves_neither_file_nor_trace(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="stop"), replacing(tmp_path / "file.tsv") as temporary:
        temporary.write_text("half")
        raise RuntimeError("stop")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("folder", [False, True])
def test_an_error_leaves_the_older_content(folder: bool, tmp_path: Path) -> None:
    path = tmp_path / "made"

    def write(target: Path, text: str) -> None:
        if folder:
            target.mkdir()
        (target / "part" if folder else target).write_text(text)

    with replacing(path) as temporary:
        write(temporary, "old")
    with pytest.raises(RuntimeError), replacing(path) as temporary:
        write(temporary, "half")
        raise RuntimeError
    assert (path / "part" if folder else path).read_text() == "old"
    with replacing(path) as temporary:
        write(temporary, "new")
    assert (path / "part" if folder else path).read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_killed_writer_leaves_no_file_under_the_name(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from workflow_scripts.io.files import replacing\n"
        "with replacing(Path(sys.argv[1])) as temporary:\n"
        "    temporary.write_text('half'); print('writing', flush=True); time.sleep(60)"
    )
    path = tmp_path / "file.tsv"
    writer = subprocess.Popen([sys.executable, "-c", script, path], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert writer.stdout.readline() == "writing\n"
    writer.send_signal(signal.SIGKILL)
    writer.wait(timeout=30)
    assert not path.exists()


def test_the_temporary_name_keeps_the_suffixes_and_stands_beside(tmp_path: Path) -> None:
    with replacing(tmp_path / "new/file.tsv.gz") as temporary:
        assert temporary.parent == tmp_path / "new"
        assert temporary.suffixes[-2:] == [".tsv", ".gz"]
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
