"""Every way to declare a checksum is held against the bytes."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.download.conftest import BODY
from tests.download.test_transfer import assert_nothing_at, part_of
from workflow_scripts.download import checksums
from workflow_scripts.io.errors import BadInput

SHA256 = hashlib.sha256(BODY).hexdigest()
MD5 = hashlib.md5(BODY).hexdigest()
SHA1 = hashlib.sha1(BODY).hexdigest()


def by_definition(data: bytes) -> str:
    """The BSD sum, bit by bit as its definition says."""
    total = 0
    for byte in data:
        total = (total >> 1) + ((total & 1) << 15)
        total = (total + byte) % 65536
    return f"{total} {(len(data) + 1023) // 1024}"


def summed(data: bytes) -> str:
    state = checksums.BsdSum()
    for start in range(0, len(data), 700):
        state.update(data[start : start + 700])
    return state.hexdigest()


@given(st.binary(max_size=3000))
@settings(max_examples=30, deadline=None)
def test_the_bsd_sum_is_its_definition_however_the_bytes_are_cut(data):
    assert summed(data) == by_definition(data)


@pytest.mark.skipif(shutil.which("sum") is None, reason="no `sum` here")
@pytest.mark.parametrize("data", [b"", b"\xff" * 5000, BODY[: 1 << 20]])
def test_the_bsd_sum_is_that_of_gnu_sum(tmp_path, data):
    path = tmp_path / "data"
    path.write_bytes(data)
    fields = subprocess.run(["sum", str(path)], capture_output=True, text=True, check=True).stdout.split()
    assert checksums.measure(path, {"sum"})["sum"] == f"{int(fields[0])} {int(fields[1])}"


@pytest.mark.parametrize("checksum", [f"sha256:{SHA256}", f"sha1:{SHA1}", f"md5:{MD5}"])
def test_a_declared_checksum_is_verified(fetch, file, site, checksum):
    assert fetch(checksum=checksum)["checksum"] == f"{checksum} (config/datasets.tsv)"
    file.unlink()
    site.files["/data.bin"] = BODY[:-1] + b"x"
    site.etag = '"2"'
    with pytest.raises(BadInput, match="expected") as error:
        fetch(checksum=checksum)
    assert "\n" not in str(error.value) and checksum.partition(":")[2] in str(error.value)
    assert not file.exists() and not part_of(file).exists()


@pytest.mark.parametrize(
    "listing",
    [
        f"{'0' * 64}  other.bin\n{SHA256}  data.bin\n",
        f"{MD5} *data.bin\n",
        f"{SHA1}  ./folder/data.bin\n",
        f"SHA256 (data.bin) = {SHA256}\n",
        f"{by_definition(b'x')} notdata.bin\n{by_definition(BODY)} data.bin\n",
        f"{MD5}  data.bin\n{SHA256}  data.bin\n",
        SHA256 + "\n",
    ],
    ids=["sha256sum", "md5sum binary", "in a folder", "BSD form", "Ensembl", "two algorithms", "bare"],
)
def test_a_published_list_is_read_and_verified(fetch, file, site, listing):
    site.files["/CHECKSUMS"] = listing.encode()
    kind = f"published:{site.address}/CHECKSUMS"
    assert f"{site.address}/CHECKSUMS" in fetch(checksum=kind)["checksum"]
    file.unlink()
    site.files["/data.bin"] = b"x" + BODY[1:]
    site.etag = '"2"'
    with pytest.raises(BadInput, match=r"expected .*CHECKSUMS"):
        fetch(checksum=kind)
    assert not file.exists() and not part_of(file).exists()


def test_ensembl_pads_its_sums_with_zeros():
    found = checksums.published("00042 00007 Some.fa.gz\n", "Some.fa.gz", "here")
    assert (found.algorithm, found.value) == ("sum", "42 7")


@pytest.mark.parametrize(
    ("listing", "says"),
    [
        (f"{MD5}  other.bin\n", "does not list data.bin"),
        ("", "CHECKSUMS: is empty"),
        ("\n", "does not list data.bin"),
        ("<html>maintenance</html>", "does not list data.bin"),
        (f"{MD5}  data.bin\n{'0' * 32}  old/data.bin\n", "different checksums"),
    ],
)
def test_a_list_that_does_not_tell_is_an_error_before_the_download(fetch, file, site, listing, says):
    site.files["/CHECKSUMS"] = listing.encode()
    with pytest.raises(BadInput, match=says):
        fetch(checksum=f"published:{site.address}/CHECKSUMS")
    assert_nothing_at(file)
    assert [path for path, _ in site.requests] == ["/CHECKSUMS"]


def test_a_list_cut_short_is_asked_for_again(fetch, file, site):
    site.files["/CHECKSUMS"] = listing = f"{'0' * 64}  other.bin\n{SHA256}  data.bin\n".encode()
    site.misbehave = lambda handler, n, body, status: n == 1 and handler.answer(200, listing, send=40) is None
    fetch(checksum=f"published:{site.address}/CHECKSUMS")
    assert file.read_bytes() == BODY


@pytest.mark.parametrize("announced", [True, False])
def test_a_list_without_an_end_is_not_taken_to_its_end(fetch, file, site, announced):
    """Of 80 MiB about 64 are taken, in lines that name no file, and the checksum behind them is not reached."""
    site.files["/CHECKSUMS"] = (b"x" * 1023 + b"\n") * (80 << 10) + f"{SHA256}  data.bin\n".encode()
    size = {} if announced else {"Content-Length": ""}
    site.misbehave = lambda handler, n, body, status: handler.answer(200, body, **size) is None
    with pytest.raises(BadInput, match=f"CHECKSUMS: is longer than a list of files can be, {64 << 20} bytes") as error:
        fetch(checksum=f"published:{site.address}/CHECKSUMS")
    assert "\n" not in str(error.value) and len(site.requests) == 1
    assert_nothing_at(file)


def ledger_of(file: Path) -> Path:
    return file.parent / ".first-use" / f"{file.name}.json"


def test_the_first_use_is_recorded_and_verified_from_then_on(fetch, file, site):
    assert fetch(checksum="first-use")["checksum"] == f"sha256:{SHA256} (first use)"
    assert json.loads(ledger_of(file).read_text()) == {"url": f"{site.address}/data.bin", "sha256": SHA256}
    file.unlink()  # as Snakemake does before a job runs
    assert "first use, recorded" in fetch(checksum="first-use")["checksum"]
    file.unlink()
    site.files["/data.bin"] = b"x" + BODY[1:]
    site.etag = '"2"'
    with pytest.raises(BadInput, match=f"expected {SHA256}.*recorded in .*data.bin.json"):
        fetch(checksum="first-use")
    assert not file.exists() and not part_of(file).exists()
    with pytest.raises(
        BadInput, match=f"to accept what the source holds now, delete {re.escape(str(ledger_of(file)))}"
    ):
        fetch(checksum="first-use")
    ledger_of(file).unlink()
    fetch(checksum="first-use")


def test_a_new_address_starts_a_new_record(fetch, file, site):
    fetch(checksum="first-use")
    site.files["/new.bin"] = b"new release"
    fetch(checksum="first-use", url=f"{site.address}/new.bin")
    assert json.loads(ledger_of(file).read_text())["sha256"] == hashlib.sha256(b"new release").hexdigest()


def test_a_failed_download_records_nothing(fetch, file, site):
    site.misbehave = lambda handler, n, body, status: handler.answer(500, b"") is None
    with pytest.raises(BadInput):
        fetch(checksum="first-use")
    assert not ledger_of(file).exists()


def test_a_damaged_record_is_an_error(fetch, file):
    ledger_of(file).parent.mkdir(parents=True)
    ledger_of(file).write_text("{")
    with pytest.raises(BadInput, match="not readable.*Remove it"):
        fetch(checksum="first-use")
