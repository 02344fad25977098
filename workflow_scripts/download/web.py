"""Requests to web servers: credentials from a netrc file, and redirects that can be followed.

A netrc file (`$NETRC`, else `~/.netrc`, which nobody else may read) holds lines
`machine HOST login USER password SECRET`. They are sent (Basic, RFC 7617) to that host alone, whether it is asked at
first or by a redirect, and only over https or to this machine. A line `default` is not used: it would reach any host.
"""

from __future__ import annotations

import logging
import os
from base64 import b64encode
from http.client import HTTPResponse
from netrc import NetrcParseError, netrc
from urllib.parse import urlsplit
from urllib.request import BaseHandler, HTTPRedirectHandler, Request, build_opener

from workflow_scripts.io.addresses import has_credentials
from workflow_scripts.io.errors import BadInput

LOCAL = {"localhost", "127.0.0.1", "::1"}
REMEDY = "Correct the url in config/datasets.tsv, or set download.mirror."


def urlopen(request: Request, timeout: float) -> HTTPResponse:
    """As urllib's, with the credentials of netrc; raise BadInput on a redirect that is not followed."""
    return build_opener(_Netrc, _Redirects).open(request, timeout=timeout)


def authorization(url: str) -> str | None:
    """The value of the header Authorization for an address, where netrc has credentials for its host."""
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in LOCAL:
        return None
    login, _, secret = _hosts().get(parts.hostname or "", (None, None, None))
    return None if secret is None else "Basic " + b64encode(f"{login}:{secret}".encode()).decode()


def _hosts() -> dict[str, tuple[str, str | None, str | None]]:
    """(login, account, password) by host; a file that cannot be read is named in the log, and gives nothing."""
    given = os.environ.get("NETRC") or None
    try:
        return {machine.lower(): entry for machine, entry in netrc(given).hosts.items() if machine != "default"}
    except FileNotFoundError:
        reason = "there is no such file" if given else ""
    except NetrcParseError as error:  # whose text may hold a secret
        reason = f"line {error.lineno} is not understood" if error.lineno else "others may read it (chmod 600)"
    except (OSError, ValueError):
        reason = "cannot be read"
    if reason:
        logging.warning("%s: %s: going on without credentials", given or "~/.netrc", reason)
    return {}


class _Netrc(BaseHandler):
    """Adds the credentials to each request, of a redirect too; a redirect does not take them along."""

    def https_request(self, request: Request) -> Request:
        if value := authorization(request.full_url):
            request.add_unredirected_header("Authorization", value)
        return request

    http_request = https_request


class _Redirects(HTTPRedirectHandler):
    """Follows redirects to addresses of the web that hold no credentials."""

    def redirect_request(self, request, answer, code, reason, headers, address):  # as urllib calls it
        parts = urlsplit(address)
        if has_credentials(address):
            raise BadInput(request.full_url, "", "is redirected to an address with credentials", REMEDY)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadInput(request.full_url, "", "is redirected to what is no address of the web", REMEDY)
        return super().redirect_request(request, answer, code, reason, headers, address)
