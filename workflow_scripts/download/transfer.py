"""Fetch the bytes at an https, http or file address into a partial file that outlives failures and kills.

Beside the partial file stands the identity of its source: address, version (ETag, else Last-Modified) and size.
A later attempt asks for the missing range on the condition that the version is still that one (RFC 9110, 13.1.5
and 14); a source that changed, gives no version, or answers with the whole file is fetched from its beginning.
"""

from __future__ import annotations

import json
import logging
import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPResponse, InvalidURL
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, url2pathname

from workflow_scripts.download.web import REMEDY, urlopen
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import replacing

ATTEMPTS = 5  # in a row, each without a whole block of progress
FIRST_PAUSE = 2.0  # seconds before the second attempt; doubles with each further one
LONGEST_WAIT = 600.0  # seconds that a server may ask us to wait
TIMEOUT = 60.0  # seconds without a byte
BLOCK = 1 << 20  # bytes
LONGEST_TEXT = 64 << 20  # bytes of a manifest or a list of checksums
REPORT_EVERY = 60.0  # seconds between two lines of progress in the log
LOG_IN = "Give login and password of the host in a netrc file (see config/README.md)."
PASSING = {408, 425, 429, 500, 502, 503, 504}  # HTTP statuses that may pass
HEADERS = {"User-Agent": "GeneLM (Snakemake workflow)", "Accept-Encoding": "identity"}


class Unfinished(Exception):
    """An attempt stopped for a reason that may pass; `wait` is what the server asks for, in seconds."""

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait


class Changed(Unfinished):
    """The source is no longer what the partial file is a part of."""


@dataclass(frozen=True)
class Identity:
    """What a partial file is a part of; `version` is empty and `bytes` None where the source is silent."""

    url: str
    version: str
    bytes: int | None


class Partial:
    """The partial file of one download, and the identity of its source."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._note = path.with_name(f"{path.name}.json")

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def identity(self, url: str) -> Identity | None:
        """The source of the part, if that is `url` and the rest of it can be asked for."""
        try:
            known = Identity(**json.loads(self._note.read_text()))
        except (OSError, ValueError, TypeError):
            return None
        return known if known.url == url and known.version and known.bytes else None

    def start(self, identity: Identity) -> None:
        """Begin anew, as a part of `identity`."""
        self.discard()
        with replacing(self._note) as temporary:
            temporary.write_text(json.dumps(asdict(identity)) + "\n")
        self.path.touch()

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def finish(self, target: Path) -> None:
        """Give the whole file its name, and keep the part as a second name (hard link) of the same bytes.

        Snakemake removes an output before its rule runs again; so the part is what a later call starts from,
        and nothing but the last byte is sent as long as the source is unchanged.
        """
        target.unlink(missing_ok=True)
        try:
            os.link(self.path, target)
        except OSError:  # a file system without hard links
            self.path.replace(target)
            self._note.unlink(missing_ok=True)


def readable(url: str) -> str:
    """An address as people write it: of a file, its path."""
    parts = urlsplit(url)
    return url2pathname(parts.path) if parts.scheme == "file" else url


def fetch(url: str, partial: Partial, expected: int | None = None, most: int | None = None) -> bool:
    """Complete `partial` with the bytes at `url`; raise BadInput where that cannot be.

    Return whether the end is known: without a size, a body that was cut looks like a whole one.

    expected: size in bytes, if it is known; another size announced by the source ends the download before it starts.
    most: size in bytes beyond which the download ends; None for any size.
    A partial file is kept for the next call when the source gave up, and removed when it is of no use.
    """
    failures, furthest = 0, partial.size
    while True:
        try:
            return _receive(url, partial, expected, most)
        except Unfinished as reason:
            progress = partial.size - furthest
            furthest = max(furthest, partial.size)
            failures = 1 if progress >= BLOCK else failures + 1
            if isinstance(reason, Changed):
                partial.discard()
            kept = f"{partial.size} bytes are kept and the next run goes on from there"
            if failures == ATTEMPTS:
                raise BadInput(
                    readable(url),
                    "",
                    f"gave up after {ATTEMPTS} attempts: {reason}",
                    f"Run again ({kept}), or set download.mirror.",
                ) from reason
            if reason.wait > LONGEST_WAIT:
                raise BadInput(
                    readable(url), "", f"asks to wait {reason.wait:.0f} s", f"Run again later ({kept})."
                ) from reason
            pause = max(FIRST_PAUSE * 2 ** (failures - 1), reason.wait)
            logging.warning("%s: %s; next attempt in %.0f s", readable(url), reason, pause)
            sleep(pause)


def read_text(url: str) -> str:
    """The text at `url`: a manifest, or a list of checksums; BadInput where it is none, or longer than LONGEST_TEXT."""
    with TemporaryDirectory() as folder:
        partial = Partial(Path(folder) / "text")
        fetch(url, partial, most=LONGEST_TEXT)
        try:
            return partial.path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise BadInput(readable(url), "", "is no text", "Correct the address.") from error


def _receive(url: str, partial: Partial, expected: int | None, most: int | None) -> bool:
    """One attempt: append what is missing; return whether the end is known."""
    known = partial.identity(url)
    # Of a part that is whole already (killed before it got its name) the last byte is asked for again, so that the
    # source still confirms its version.
    offset = min(partial.size, known.bytes - 1) if known else 0
    with _open(url, offset, known) as (identity, start, stream):
        size = identity.bytes if identity.bytes is not None else expected
        if expected is not None and size != expected:
            partial.discard()
            raise BadInput(
                readable(url), "", f"holds {size} bytes, expected {expected}", "See config/datasets.tsv or the mirror."
            )
        if start == 0:
            partial.start(identity)
        elif identity != known:
            raise Changed("the source changed between two attempts")
        with partial.path.open("r+b") as handle:
            handle.truncate(start)
            handle.seek(start)
            said = monotonic()
            for block in _blocks(stream, None if size is None else size - start):
                handle.write(block)
                if most is not None and handle.tell() > most:
                    raise BadInput(readable(url), "", f"is longer than a list of files can be, {most} bytes", REMEDY)
                if monotonic() - said > REPORT_EVERY:
                    said = monotonic()
                    logging.info("%s of %s bytes", handle.tell(), size or "unknown")
            received = handle.tell()
    if size is not None and received < size:
        raise Unfinished(f"the connection ended at {received} of {size} bytes")
    if size is not None and received > size:
        partial.discard()
        raise BadInput(
            readable(url), "", f"sends more than the {size} bytes it should hold", "Run again, or set download.mirror."
        )
    if received == 0:
        partial.discard()
        raise BadInput(readable(url), "", "is empty", REMEDY)
    return size is not None or isinstance(stream, HTTPResponse)  # whose last chunk says that it is the last


def _blocks(stream: Any, limit: int | None) -> Iterator[bytes]:
    """What a stream gives, as it comes; beyond `limit` one byte more is read, to see whether there is one."""
    received = 0
    while limit is None or received <= limit:
        try:
            block = stream.read1(BLOCK if limit is None else min(BLOCK, limit + 1 - received))
        except (OSError, HTTPException) as error:
            if received == limit and isinstance(error, TimeoutError):
                return  # all is there, and the server merely keeps the connection open
            raise Unfinished(f"the connection broke ({_say(error)})") from error
        if not block:
            return
        received += len(block)
        yield block


@contextmanager
def _open(url: str, offset: int, known: Identity | None) -> Iterator[tuple[Identity, int, Any]]:
    """The source's identity, the offset from which it is sent (0 or `offset`), and a stream of bytes."""
    if urlsplit(url).scheme == "file":
        with _open_file(url, offset, known) as opened:
            yield opened
        return
    with _request(url, offset, known) as response:
        yield _identity(url, response), _start(response, offset), response if response.chunked else response.fp


@contextmanager
def _open_file(url: str, offset: int, known: Identity | None) -> Iterator[tuple[Identity, int, Any]]:
    path = Path(readable(url))
    if not path.is_file():
        raise BadInput(path, "", "there is no such file", "Correct the url in config/datasets.tsv, or download.mirror.")
    with path.open("rb") as handle:
        status = path.stat()
        identity = Identity(url, str(status.st_mtime_ns), status.st_size)
        start = offset if identity == known else 0
        handle.seek(start)
        yield identity, start, handle


def _request(url: str, offset: int, known: Identity | None) -> HTTPResponse:
    """Ask for `url` from `offset` on, on the condition that it is still the source we know."""
    headers = dict(HEADERS)
    if offset and known:
        headers |= {"Range": f"bytes={offset}-", "If-Range": known.version}
    try:
        response = urlopen(Request(url, headers=headers), timeout=TIMEOUT)
    except HTTPError as error:
        error.close()
        answer = f"the server answers {error.code} {error.reason}"
        if error.code in PASSING:
            raise Unfinished(answer, _retry_after(error.headers.get("Retry-After"))) from error
        if error.code == 416:
            raise Changed(answer) from error
        raise BadInput(readable(url), "", answer, LOG_IN if error.code == 401 else REMEDY) from error
    except (InvalidURL, ValueError):  # whose text may hold a part of an address that is not to be printed
        raise BadInput(readable(url), "", "is, or leads to, a malformed address", REMEDY) from None
    except (OSError, HTTPException) as error:
        if isinstance(getattr(error, "reason", None), ssl.SSLCertVerificationError):
            raise BadInput(
                readable(url), "", f"cannot be trusted ({_say(error)})", "Check the certificates and clock here."
            ) from error
        raise Unfinished(f"no connection ({_say(error)})") from error
    if reason := _no_file(url, response):
        response.close()
        raise BadInput(readable(url), "", reason, REMEDY)
    return response


def _no_file(url: str, response: HTTPResponse) -> str:
    """Why the body of a response is not the file.

    Servers that tell what a file is by its name send a .gz as it is, and call that an encoding.
    """
    if response.status not in (200, 206):
        return f"the server answers {response.status} {response.reason}"
    encoding = response.headers.get("Content-Encoding", "").strip().lower() or "identity"
    as_it_is = encoding == "identity" or (encoding in ("gzip", "x-gzip") and urlsplit(url).path.endswith(".gz"))
    return "" if as_it_is else f"is sent packed ({encoding}), though it was asked for as it is"


def _identity(url: str, response: HTTPResponse) -> Identity:
    """The source as a response describes it: strong ETag, else Last-Modified; size of the whole."""
    etag = response.headers.get("ETag", "")
    version = response.headers.get("Last-Modified", "") if not etag or etag.startswith("W/") else etag
    if response.status == 206:
        total = response.headers.get("Content-Range", "").rpartition("/")[2]
    else:
        total = "" if response.chunked else response.headers.get("Content-Length", "")
    return Identity(url, version, int(total) if total.isdecimal() else None)


def _start(response: HTTPResponse, offset: int) -> int:
    """The offset from which a response sends."""
    if response.status != 206:
        return 0
    start = response.headers.get("Content-Range", "").removeprefix("bytes ").partition("-")[0]
    if start != str(offset):
        raise Changed(f"the server sends the range from {start!r}, asked from {offset}")
    return offset


def _retry_after(value: str | None) -> float:
    """Seconds from a Retry-After header: a number, or a date."""
    if not value:
        return 0.0
    if value.strip().isdecimal():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return 0.0


def _say(error: Exception) -> str:
    reason = error.reason if isinstance(error, URLError) else error
    return f"{type(reason).__name__}: {reason}" if isinstance(reason, Exception) else str(reason)
