"""A web server on the loopback address that serves bytes from memory, and misbehaves on request."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Site:
    """What the server holds, and what it did: `requests` are (path, Range header), `sent` counts body bytes."""

    files: dict[str, bytes] = field(default_factory=dict)
    etag: str | None = '"1"'
    ranges: bool = True
    # Called with the handler, the number of the request (from 1), and the body and status meant; true: it answered.
    misbehave: Callable[[Handler, int, bytes, int], bool] | None = None
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    sent: int = 0
    address: str = ""
    authorizations: list[str | None] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    site: Site

    def do_GET(self) -> None:
        site, asked = self.site, self.headers.get("Range")
        site.requests.append((self.path, asked))
        site.authorizations.append(self.headers.get("Authorization"))
        if self.path not in site.files:
            self.answer(404, b"")
            return
        body, status, extra = site.files[self.path], 200, {}
        if asked and site.ranges and self.headers.get("If-Range") in (None, site.etag):
            start = int(asked.removeprefix("bytes=").rstrip("-"))
            extra = {"Content-Range": f"bytes {start}-{len(body) - 1}/{len(body)}"}
            body, status = body[start:], 206
        if site.misbehave and site.misbehave(self, len(site.requests), body, status):
            return
        self.answer(status, body, **extra)

    def answer(self, status: int, body: bytes, send: int | None = None, **headers: str) -> None:
        """Answer with headers for all of `body`, but send no more than `send` bytes of it, then close."""
        self.send_response(status)
        stated = {"Content-Length": str(len(body)), "Connection": "close"} | headers
        if self.site.etag and status < 300:
            stated.setdefault("ETag", self.site.etag)
        for name, value in stated.items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        part = body if send is None else body[:send]
        self.site.sent += len(part)
        with suppress(ConnectionError):  # the client may have heard enough
            self.wfile.write(part)
        self.close_connection = True

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def serving(site: Site) -> Iterator[Site]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("SiteHandler", (Handler,), {"site": site}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    site.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
