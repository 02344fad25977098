"""Bytes arrive whole or not at all, whatever the server does."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
from pathlib import Path

import pytest

from tests.download.conftest import BODY
from tests.download.servers import Handler
from workflow_scripts.download import transfer
from workflow_scripts.io.errors import BadInput

MIB = 1 << 20
ROOT = Path(__file__).resolve().parents[2]


def part_of(file: Path) -> Path:
    return file.with_name(f".{file.name}.part")


def assert_nothing_at(file: Path) -> None:
    """No output, and no temporary file of one: only what is meant to stay."""
    assert not file.exists()
    assert not file.with_name(f"{file.name}.provenance.json").exists()
    left = {path.name for path in file.parent.glob("*")} if file.parent.exists() else set()
    assert left <= {f".{file.name}.part", f".{file.name}.part.json", ".hosts", ".first-use"}


def test_a_file_arrives_with_its_provenance(fetch, file, site):
    written = fetch()
    assert file.read_bytes() == BODY
    assert written["bytes"] == len(BODY) and written["source"] == f"{site.address}/data.bin"
    assert written["simulated"] is False and written["note"] == "" and written["licence"] == "CC0-1.0"
    assert part_of(file).samefile(file)


@pytest.mark.parametrize("checksum", ["first-use", f"sha256:{hashlib.sha256(b'').hexdigest()}"])
@pytest.mark.parametrize(
    ("status", "headers", "says"),
    [
        (200, {}, "is empty"),
        (200, {"Content-Length": ""}, "is empty"),
        (204, {}, "the server answers 204 No Content"),
        (202, {}, "the server answers 202 Accepted"),
    ],
    ids=["no bytes", "no bytes, no size", "204", "202"],
)
def test_nothing_is_no_file(fetch, file, site, checksum, status, headers, says):
    site.misbehave = lambda handler, n, body, _: handler.answer(status, b"", **headers) is None
    with pytest.raises(BadInput, match=f"/data.bin: {says}") as error:
        fetch(checksum=checksum)
    assert "\n" not in str(error.value) and len(site.requests) == 1
    assert_nothing_at(file)
    assert not part_of(file).exists() and not list(file.parent.glob(".first-use/*"))


def test_a_packed_body_is_refused_whatever_is_declared(fetch, file, site):
    packed = gzip.compress(BODY)
    site.misbehave = lambda handler, n, body, status: (
        handler.answer(200, packed, **{"Content-Encoding": "gzip"}) is None
    )
    for checksum in ("first-use", f"sha256:{hashlib.sha256(packed).hexdigest()}"):
        with pytest.raises(BadInput, match=r"is sent packed \(gzip\), though it was asked for as it is"):
            fetch(checksum=checksum)
        assert_nothing_at(file)


def test_a_connection_cut_midway_is_resumed_where_it_stopped(fetch, file, site, pauses):
    site.misbehave = lambda handler, n, body, status: n == 1 and handler.answer(200, body, send=2 * MIB) is None
    fetch()
    assert file.read_bytes() == BODY
    assert [asked for _, asked in site.requests] == [None, f"bytes={2 * MIB}-"]
    assert site.sent == len(BODY)  # not one byte came twice
    assert pauses == [2.0]


def test_a_chunked_body_arrives_and_a_cut_one_is_fetched_again(fetch, file, site):
    def chunked(handler: Handler, n: int, body: bytes, status: int) -> bool:
        handler.answer(200, b"", **{"Transfer-Encoding": "chunked", "Content-Length": ""})
        for start in range(0, len(body), MIB):
            piece = body[start : start + MIB]
            handler.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            if n == 1:
                return True
        handler.wfile.write(b"0\r\n\r\n")
        return True

    site.misbehave = chunked
    fetch()
    assert file.read_bytes() == BODY and len(site.requests) == 2


def test_two_errors_of_the_server_are_waited_out_with_doubling_pauses(fetch, file, site, pauses):
    site.misbehave = lambda handler, n, body, status: n <= 2 and handler.answer(500, b"") is None
    fetch()
    assert file.read_bytes() == BODY and pauses == [2.0, 4.0]


def test_attempts_are_bounded_and_what_came_is_kept_for_the_next_run(fetch, file, site, pauses):
    def stubborn(handler: Handler, n: int, body: bytes, status: int) -> bool:
        handler.answer(503, b"") if n > 1 else handler.answer(200, body, send=MIB)
        return True

    site.misbehave = stubborn
    with pytest.raises(BadInput, match="gave up after 5 attempts: the server answers 503.*1048576 bytes are kept"):
        fetch()
    assert_nothing_at(file)
    assert pauses == [2.0, 4.0, 8.0, 16.0] and len(site.requests) == 5
    site.misbehave, site.sent = None, 0
    fetch()
    assert file.read_bytes() == BODY and site.sent == len(BODY) - MIB


def test_progress_starts_the_count_of_attempts_anew(fetch, file, site):
    site.files["/data.bin"] = body = os.urandom(8 * MIB)
    site.misbehave = lambda handler, n, body, status: (
        handler.answer(
            status, body, send=MIB, **({"Content-Range": f"bytes {8 * MIB - len(body)}-{8 * MIB - 1}/{8 * MIB}"})
        )
        is None
    )
    fetch(checksum="first-use")
    assert file.read_bytes() == body and len(site.requests) == 8


@pytest.mark.parametrize(("asked", "pause"), [("120", 120.0), ("Thu, 01 Jan 1970 00:00:00 GMT", 2.0), ("soon", 2.0)])
def test_a_server_that_asks_to_wait_is_obeyed(fetch, site, pauses, asked, pause):
    site.misbehave = lambda handler, n, body, status: (
        n == 1 and (handler.answer(429, b"", **{"Retry-After": asked}) is None)
    )
    fetch()
    assert pauses == [pause]


def test_a_server_that_asks_to_wait_for_hours_ends_the_run(fetch, file, site, pauses):
    site.misbehave = lambda handler, n, body, status: handler.answer(503, b"", **{"Retry-After": "7200"}) is None
    with pytest.raises(BadInput, match="asks to wait 7200 s"):
        fetch()
    assert pauses == []
    assert_nothing_at(file)


def test_a_missing_file_is_not_asked_for_again(fetch, file, site, pauses):
    with pytest.raises(BadInput, match="/gone.bin: the server answers 404"):
        fetch(url=f"{site.address}/gone.bin")
    assert len(site.requests) == 1 and pauses == []
    assert_nothing_at(file)


def test_a_host_that_is_not_there_ends_in_one_line(fetch, file):
    with pytest.raises(BadInput, match="gave up after 5 attempts: no connection") as error:
        fetch(url="http://127.0.0.1:9/data.bin")
    assert "\n" not in str(error.value) and "set download.mirror" in str(error.value)
    assert_nothing_at(file)


def test_a_server_that_cannot_be_trusted_is_not_asked_again(fetch, file, monkeypatch, pauses):
    def untrusted(*_, **__):
        raise urllib.error.URLError(ssl.SSLCertVerificationError("self-signed certificate"))

    monkeypatch.setattr(transfer, "urlopen", untrusted)
    with pytest.raises(BadInput, match="cannot be trusted .*self-signed certificate"):
        fetch()
    assert pauses == []
    assert_nothing_at(file)


def test_a_server_without_ranges_is_fetched_from_the_beginning(fetch, file, site):
    site.ranges = False
    site.misbehave = lambda handler, n, body, status: n == 1 and handler.answer(200, body, send=MIB) is None
    fetch()
    assert file.read_bytes() == BODY
    assert [asked for _, asked in site.requests] == [None, f"bytes={MIB}-"] and site.sent == MIB + len(BODY)


def test_a_server_that_gives_no_version_is_fetched_from_the_beginning(fetch, file, site):
    site.etag = None
    site.misbehave = lambda handler, n, body, status: n == 1 and handler.answer(200, body, send=MIB) is None
    fetch()
    assert file.read_bytes() == BODY and [asked for _, asked in site.requests] == [None, None]


@pytest.mark.parametrize("conditional", [True, False])
def test_a_source_that_changed_meanwhile_is_never_mixed(fetch, file, site, conditional):
    """Whether the server honours If-Range, or sends the range of the new file."""
    new = os.urandom(len(BODY))

    def change(handler: Handler, n: int, body: bytes, status: int) -> bool:
        if n == 1:
            handler.answer(200, body, send=MIB)
            site.files["/data.bin"], site.etag = new, '"2"'
            return True
        if n == 2 and not conditional:
            handler.answer(206, new[MIB:], **{"Content-Range": f"bytes {MIB}-{len(new) - 1}/{len(new)}"})
            return True
        return False

    site.misbehave = change
    fetch(checksum="first-use")
    assert file.read_bytes() == new


@pytest.mark.parametrize("answer", ["wrong start", "416"])
def test_a_range_other_than_the_one_asked_for_is_not_used(fetch, file, site, answer):
    def shifted(handler: Handler, n: int, body: bytes, status: int) -> bool:
        if n == 1:
            handler.answer(200, body, send=MIB)
        elif n == 2 and answer == "416":
            handler.answer(416, b"")
        elif n == 2:
            handler.answer(206, BODY, **{"Content-Range": f"bytes 0-{len(BODY) - 1}/{len(BODY)}"})
        return n <= 2

    site.misbehave = shifted
    fetch()
    assert file.read_bytes() == BODY and [asked for _, asked in site.requests] == [None, f"bytes={MIB}-", None]


def test_a_server_of_two_minds_about_its_version_does_not_keep_us_for_ever(fetch, file, site):
    def fickle(handler: Handler, n: int, body: bytes, status: int) -> bool:
        if status == 206:
            span = f"bytes {len(BODY) - len(body)}-{len(BODY) - 1}/{len(BODY)}"
            handler.answer(206, body, ETag='"other"', **{"Content-Range": span})
        else:
            handler.answer(200, body, send=2 * MIB)
        return True

    site.misbehave = fickle
    with pytest.raises(BadInput, match="gave up after 5 attempts"):
        fetch()
    assert len(site.requests) <= 6
    assert_nothing_at(file)


def test_a_part_of_another_address_is_not_used(fetch, file, site):
    site.files["/other.bin"] = os.urandom(len(BODY))
    site.misbehave = lambda handler, n, body, status: (
        n <= 5 and (handler.answer(200, body, send=MIB) if n == 1 else handler.answer(503, b"")) is None
    )
    with pytest.raises(BadInput, match="gave up"):
        fetch()
    assert part_of(file).stat().st_size == MIB
    fetch(url=f"{site.address}/other.bin", checksum="first-use")
    assert file.read_bytes() == site.files["/other.bin"]


def test_a_body_longer_than_the_server_says_is_refused(fetch, file, site):
    site.misbehave = lambda handler, n, body, status: (
        handler.answer(200, body, **{"Content-Length": str(len(body) - 5)}) is None
    )
    with pytest.raises(BadInput, match=f"sends more than the {len(BODY) - 5} bytes"):
        fetch(checksum="first-use")
    assert_nothing_at(file)
    assert not part_of(file).exists()


def test_a_body_shorter_than_the_server_says_is_asked_for_until_the_attempts_end(fetch, file, site):
    site.misbehave = lambda handler, n, body, status: (
        handler.answer(200, body, ETag="", **{"Content-Length": str(len(body) + 5)}) is None
    )
    site.etag = None
    with pytest.raises(BadInput, match=f"the connection ended at {len(BODY)} of {len(BODY) + 5} bytes"):
        fetch()
    assert_nothing_at(file)


def test_another_size_than_declared_is_refused_before_the_bytes_come(fetch, file, site):
    with pytest.raises(BadInput, match=f"holds {len(BODY)} bytes, expected 7"):
        fetch(bytes="7")
    assert_nothing_at(file)


def test_a_server_that_keeps_the_connection_open_is_not_waited_for(fetch, file, site, monkeypatch):
    monkeypatch.setattr(transfer, "TIMEOUT", 0.3)

    def open_end(handler: Handler, n: int, body: bytes, status: int) -> bool:
        handler.answer(200, body)
        handler.wfile.flush()
        time.sleep(1)
        return True

    site.misbehave = open_end
    fetch()
    assert file.read_bytes() == BODY and len(site.requests) == 1


def test_a_stalled_connection_is_given_up_and_resumed(fetch, file, site, monkeypatch):
    monkeypatch.setattr(transfer, "TIMEOUT", 0.3)

    def stall(handler: Handler, n: int, body: bytes, status: int) -> bool:
        if n > 1:
            return False
        handler.answer(200, body, send=MIB)
        handler.wfile.flush()
        time.sleep(1)
        return True

    site.misbehave = stall
    fetch()
    assert file.read_bytes() == BODY and site.requests[1][1] == f"bytes={MIB}-"


def test_a_redirect_is_followed(fetch, file, site):
    site.misbehave = lambda handler, n, body, status: (
        n == 1 and (handler.answer(302, b"", Location="/there.bin") is None)
    )
    site.files["/there.bin"] = BODY
    assert fetch()["source"] == f"{site.address}/data.bin"
    assert file.read_bytes() == BODY


def test_a_killed_job_goes_on_where_it_was(fetch, file, site):
    """SIGKILL in the middle of a body that the server holds back; the next run asks for the rest alone."""
    killed = threading.Event()

    def hold_back(handler: Handler, n: int, body: bytes, status: int) -> bool:
        handler.answer(200, body, send=2 * MIB)
        handler.wfile.flush()
        killed.wait(20)
        return True

    site.misbehave = hold_back
    program = (
        "import sys; from pathlib import Path; from workflow_scripts.download.transfer import Partial, fetch; "
        "fetch(sys.argv[1], Partial(Path(sys.argv[2])))"
    )
    part = part_of(file)
    part.parent.mkdir(parents=True)
    job = subprocess.Popen([sys.executable, "-c", program, f"{site.address}/data.bin", str(part)], cwd=ROOT)
    try:
        deadline = time.monotonic() + 20
        while not (part.exists() and part.stat().st_size >= 2 * MIB - (1 << 17)) and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        job.send_signal(signal.SIGKILL)
        job.wait()
        killed.set()
    kept = part.stat().st_size
    assert kept >= MIB
    assert json.loads(part.with_name(f"{part.name}.json").read_text())["version"] == '"1"'
    site.misbehave = None
    fetch()
    assert file.read_bytes() == BODY and site.requests[-1][1] == f"bytes={kept}-"


def test_a_part_that_is_whole_is_confirmed_by_its_last_byte(fetch, file, site):
    """The job was killed between the last byte and the renaming."""
    partial = transfer.Partial(part_of(file))
    file.parent.mkdir()
    transfer.fetch(f"{site.address}/data.bin", partial)
    site.sent = 0
    fetch()
    assert file.read_bytes() == BODY and site.sent == 1


def test_a_file_that_snakemake_removed_comes_again_by_its_last_byte(fetch, file, site):
    """So that an edit of the sheet or of this stage fetches nothing anew; and every byte is verified again."""

    def remove_outputs() -> None:
        file.unlink()
        file.with_name(f"{file.name}.provenance.json").unlink()

    fetch()
    remove_outputs()
    site.sent = 0
    fetch()
    assert file.read_bytes() == BODY and site.sent == 1
    remove_outputs()
    part_of(file).write_bytes(BODY[:MIB] + b"?" + BODY[MIB + 1 :])  # as an edit of the file itself would
    site.sent = 0
    fetch()
    assert file.read_bytes() == BODY and site.sent == 1 + len(BODY)


def test_a_file_that_changed_at_its_source_comes_anew(fetch, file, site):
    fetch()
    file.unlink()
    other = BODY[::-1]
    site.files["/data.bin"] = other
    site.etag = '"2"'
    fetch(checksum=f"sha256:{hashlib.sha256(other).hexdigest()}")
    assert file.read_bytes() == other


def test_without_hard_links_the_part_gives_its_place(fetch, file, monkeypatch):
    def no_links(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", no_links)
    fetch()
    assert file.read_bytes() == BODY and not part_of(file).exists()


def test_a_full_disk_is_no_fault_of_the_network(fetch, file, site, monkeypatch, pauses):
    def no_space(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(transfer.Partial, "start", no_space)
    with pytest.raises(OSError, match="No space left"):
        fetch()
    assert pauses == []
    assert_nothing_at(file)
