"""Bytes for which nobody declares a checksum are refused unless they are what the file's name says, and whole."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pyBigWig
import pysam
import pytest
import torch

from tests.download.servers import Handler
from tests.download.test_checksums import ledger_of
from tests.download.test_transfer import assert_nothing_at, part_of
from workflow_scripts.download import content
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.seal import seal


def packed(data: bytes) -> bytes:
    """Gzip without a time, which the names of tests would show: every process has to find the same ones."""
    return gzip.compress(data, mtime=0)


TEXT = b"".join(b"gene%d\t%d\n" % (n, n * n) for n in range(3000))
PAGE = b"<!DOCTYPE html>\n<html><head><title>Log in</title></head><body></body></html>\n"


def hdf5(library: str = "earliest", userblock: int = 0) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with h5py.File(path, "w", libver=(library, "latest"), userblock_size=userblock) as file:
            file["x"] = np.arange(2000)

    return write


def bigwig(path: Path) -> None:
    with pyBigWig.open(str(path), "w") as file:
        file.addHeader([("1", 100_000)])
        file.addEntries(["1"] * 500, list(range(0, 5000, 10)), ends=list(range(5, 5005, 10)), values=[1.5] * 500)


def blocked(path: Path) -> None:
    text = path.with_name("text")
    text.write_bytes(TEXT * 10)
    pysam.tabix_compress(str(text), str(path))


def sealed(path: Path) -> None:
    hdf5()(path)
    seal(path)


def saved(zipped: bool) -> Callable[[Path], None]:
    return lambda path: torch.save({"x": torch.arange(500)}, path, _use_new_zipfile_serialization=zipped)


def holding(data: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(data) and None


MADE: dict[str, tuple[str, Callable[[Path], None]]] = {
    "gzip": ("a.tsv.gz", holding(packed(TEXT))),
    "gzip of two parts": ("a.gtf.gz", holding(packed(TEXT[:500]) + packed(TEXT))),
    "blocked gzip": ("a.fa.gz", blocked),
    "gzip of what no rule knows": ("a.MD.gz", holding(packed(np.arange(5000).tobytes()))),
    "HDF5": ("a.h5", hdf5()),
    "HDF5 of today": ("a.h5ad", hdf5("latest")),
    "HDF5 behind other content": ("a.hdf5", hdf5(userblock=2048)),
    "bigWig": ("a.bw", bigwig),
    "torch": ("a.pt", saved(zipped=True)),
}
WITHOUT_END = {
    "HDF5 with a seal": ("a.h5", sealed),
    "torch before 1.6": ("a.pt", saved(zipped=False)),
    "text": ("a.tsv", holding(TEXT)),
    "text of Windows": ("a.csv", holding(b"\xef\xbb\xbfa,b\r\n1,2\r\n")),
    "page": ("a.html", holding(PAGE)),
    "anything": ("a.bin", holding(bytes(5000))),
    "text about pages": ("notes.bin", holding(b"see <html>")),
}


def made(path: Path, write: Callable[[Path], None]) -> bytes:
    write(path)
    return path.read_bytes()


@pytest.mark.parametrize("case", [*MADE, *WITHOUT_END])
def test_a_sound_file_is_not_refused(tmp_path, case):
    name, write = (MADE | WITHOUT_END)[case]
    write(tmp_path / name)
    for called in (name, name.upper()):
        assert content.fault(tmp_path / name, called, ended=False) == ""


@pytest.mark.parametrize("case", MADE)
def test_a_file_that_was_cut_is_refused_wherever_that_was(tmp_path, case):
    name, write = MADE[case]
    path = tmp_path / name
    whole = made(path, write)
    for size in (1, 8, 30, 70, len(whole) // 2, len(whole) - 28, len(whole) - 1):
        path.write_bytes(whole[:size])
        assert content.fault(path, name, ended=False), f"cut to {size} of {len(whole)} bytes"


def test_blocked_gzip_that_ends_between_two_blocks_is_refused(tmp_path):
    path = tmp_path / "a.fa.gz"
    whole = made(path, blocked)
    path.write_bytes(whole[:-28])
    assert gzip.decompress(path.read_bytes()) == TEXT * 10, "whole gzip, and only the block that ends it is missing"
    assert "its last block is missing" in content.fault(path, path.name, ended=False)


@pytest.mark.parametrize(("stated", "says"), [(200, ""), (201, "200 bytes of the 201")])
def test_a_superblock_of_version_1_is_read_by_its_own_layout(tmp_path, stated, says):
    """As HDF5 1.8 wrote it where groups are indexed otherwise than by default; no file of this kind is made here."""
    start = content.HDF5 + bytes([1, 0, 0, 0, 0, 8, 8, 0, 4, 0, 16, 0, 0, 0, 0, 0, 64, 0, 0, 0])
    addresses = (0, 2**64 - 1, stated, 2**64 - 1)
    path = tmp_path / "a.h5"
    path.write_bytes((start + b"".join(value.to_bytes(8, "little") for value in addresses)).ljust(200, b"\0"))
    found = content.fault(path, path.name, ended=False)
    assert says in found if says else found == ""


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("a.tsv.gz", TEXT, "no whole gzip file"),
        ("a.tsv.gz", packed(TEXT) + b"behind", "no whole gzip file"),
        ("a.tsv.gz", packed(TEXT)[:-8] + bytes(4) + packed(TEXT)[-4:], "no whole gzip file .CRC"),
        ("a.tsv.gz", packed(TEXT)[:-1] + b"\x01", "no whole gzip file .Incorrect length"),
        ("a.tsv.gz", packed(packed(TEXT)), "is packed"),
        ("a.tsv.gz", packed(PAGE), "page"),
        ("a.tsv.gz", packed(b""), "blank"),
        ("a.MD.gz", packed(PAGE), "HTML page"),
        ("a.MD.gz", packed(b""), "holds nothing"),
        ("a.h5", TEXT, "does not begin as HDF5"),
        ("a.h5", b"\x89HDF\r\n\x1a\n" + b"\x09" * 100, "unknown version, 9"),
        ("a.bigWig", TEXT, "does not begin as a bigWig"),
        ("a.bw", b"\x26\xfc\x8f\x88", "cut short"),
        ("a.bw", b"\x26\xfc\x8f\x88" + bytes(100) + b"\x88\x8f\xfc\x26", "cut short"),
        ("a.pt", TEXT, "neither a zip archive nor a pickle"),
        ("a.pt", b"PK\x05\x06" + bytes(18), "neither a zip archive nor a pickle"),
        ("a.tsv", packed(TEXT), "is packed"),
        ("a.gtf", TEXT + b"\0\n", "NUL"),
        ("a.csv", "a,b\n".encode("utf-16"), "NUL"),
        ("a.fa", b"\n \n", "blank"),
        ("a.wig", TEXT[:-1], "its last line has no end"),
        ("a.bedGraph", b"<?xml version='1.0'?>\n<Error><Code>AccessDenied</Code></Error>\n", "HTML or XML"),
    ],
)
def test_another_content_than_the_name_says_is_refused(tmp_path, name, data, says):
    path = tmp_path / "part"
    path.write_bytes(data)
    assert says.replace(" .", " (") in content.fault(path, name, ended=False)


@pytest.mark.parametrize("name", ["a.tsv", "a.gz", "a.h5", "a.bw", "a.pt", "a.bin", "README"])
@pytest.mark.parametrize(
    "page",
    [
        PAGE,
        PAGE.lower(),
        b"\xef\xbb\xbf\r\n  <HTML lang=en>",
        b"<?xml version='1.0'?>\n<!-- a --> <!-- b -->\n<!DOCTYPE html PUBLIC>",
    ],
    ids=["page", "small letters", "blanks", "XHTML"],
)
def test_a_page_is_refused_under_any_other_name(tmp_path, name, page):
    (tmp_path / "part").write_bytes(page)
    assert "HTML page" in content.fault(tmp_path / "part", name, ended=False)


def test_comments_without_end_do_not_keep_us(tmp_path):
    (tmp_path / "part").write_bytes(b"<!-- -->" * (1 << 17))
    assert content.fault(tmp_path / "part", "a.bin", ended=False) == ""


@pytest.fixture
def file(tmp_path: Path, name: str) -> Path:
    return tmp_path / "resources" / name


def zipped() -> bytes:
    torch.save({"x": torch.arange(500)}, handle := io.BytesIO())
    return handle.getvalue()


DOWNLOADS = {"a.tsv": TEXT, "a.tsv.gz": packed(TEXT), "a.pt": zipped()}


@pytest.mark.parametrize("name", DOWNLOADS)
def test_a_body_that_ends_early_without_a_size_is_not_recorded(fetch, file, site, name):
    whole = site.files[f"/{name}"] = DOWNLOADS[name]
    address = f"{site.address}/{name}"
    site.misbehave = lambda handler, n, body, status: (
        handler.answer(200, body, send=len(body) // 2 if n == 1 else None, **{"Content-Length": ""}) is None
    )
    with pytest.raises(BadInput, match=f"{address}: is .*declare its sha256: in config/datasets.tsv") as error:
        fetch(url=address, checksum="first-use")
    assert "\n" not in str(error.value)
    assert_nothing_at(file)
    assert not part_of(file).exists() and not ledger_of(file).exists()
    fetch(url=address, checksum="first-use")
    assert file.read_bytes() == whole and ledger_of(file).exists()


@pytest.mark.parametrize("name", ["a.tsv", "a.bin"])
def test_a_log_in_page_is_not_recorded(fetch, file, site, name):
    site.files["/data.bin"] = PAGE
    with pytest.raises(BadInput, match="data.bin: is an HTML page"):
        fetch(checksum="first-use")
    assert_nothing_at(file)
    assert not ledger_of(file).exists()


@pytest.mark.parametrize("name", ["a.bin"])
def test_what_is_recorded_or_declared_is_believed_whatever_it_is(fetch, file, site, name):
    site.files["/data.bin"] = PAGE
    sha256 = hashlib.sha256(PAGE).hexdigest()
    assert fetch(checksum=f"sha256:{sha256}")["sha256"] == sha256
    file.unlink()
    ledger_of(file).parent.mkdir()
    ledger_of(file).write_text(json.dumps({"url": f"{site.address}/data.bin", "sha256": sha256}))
    assert "first use, recorded" in fetch(checksum="first-use")["checksum"]


@pytest.mark.parametrize("name", ["a.tsv.gz"])
def test_a_server_that_calls_the_file_itself_an_encoding_is_understood(fetch, file, site, name):
    site.files["/a.tsv.gz"] = DOWNLOADS[name]
    sent = [DOWNLOADS[name], packed(DOWNLOADS[name])]
    site.misbehave = lambda handler, n, body, status: (
        handler.answer(200, sent[n - 1], **{"Content-Encoding": "gzip"}) is None
    )
    fetch(url=f"{site.address}/a.tsv.gz", checksum="first-use")
    assert file.read_bytes() == DOWNLOADS[name]
    for path in (file, part_of(file), ledger_of(file)):
        path.unlink()
    with pytest.raises(BadInput, match="a.tsv.gz: is packed"):
        fetch(url=f"{site.address}/a.tsv.gz", checksum="first-use")


@pytest.mark.parametrize("name", ["a.tsv"])
def test_a_part_that_was_damaged_here_is_fetched_anew(fetch, file, site, name):
    site.files["/data.bin"] = TEXT
    fetch(checksum="first-use")
    for path in (file, ledger_of(file)):
        path.unlink()
    part_of(file).write_bytes(TEXT[:-10] + bytes(9) + b"\n")
    fetch(checksum="first-use")
    assert file.read_bytes() == TEXT


@pytest.mark.parametrize("name", ["a.tsv"])
@pytest.mark.parametrize("told", ["size", "last chunk", "bytes of the row", "nothing"])
def test_text_whose_last_line_has_no_end_is_whole_if_the_source_says_so(fetch, file, site, told):
    site.files["/data.bin"] = text = TEXT[:-1]

    def answer(handler: Handler, n: int, body: bytes, status: int) -> bool:
        if told == "last chunk":
            handler.answer(200, b"", **{"Transfer-Encoding": "chunked", "Content-Length": ""})
            handler.wfile.write(f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n")
        else:
            handler.answer(200, body, **({} if told == "size" else {"Content-Length": ""}))
        return True

    site.misbehave = answer
    row = {"checksum": "first-use", "bytes": str(len(text)) if told == "bytes of the row" else ""}
    if told == "nothing":
        with pytest.raises(BadInput, match="cut short: its last line has no end, and the source told no size"):
            fetch(**row)
        assert_nothing_at(file)
    else:
        fetch(**row)
        assert file.read_bytes() == text
