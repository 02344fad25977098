"""Credentials come from a netrc file, go to their host alone and are printed nowhere; redirects end clearly."""

from __future__ import annotations

import logging
import re
from base64 import b64encode
from pathlib import Path

import pytest

from tests.download.conftest import BODY
from tests.download.servers import Site, serving
from tests.download.test_transfer import assert_nothing_at
from workflow_scripts.download.web import authorization
from workflow_scripts.io.addresses import has_credentials, masked
from workflow_scripts.io.errors import BadInput

SENT = "Basic " + b64encode(b"ada:s3cret:\xc3\xa9").decode()


def netrc(path: Path, *lines: str) -> None:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    path.chmod(0o600)


@pytest.fixture
def other(site):
    """A second server under another name of this machine, to which the first redirects."""
    with serving(Site(files={"/there.bin": BODY})) as second:
        second.address = second.address.replace("127.0.0.1", "localhost")
        site.misbehave = lambda handler, n, body, status: (
            handler.answer(302, b"", Location=f"{second.address}/there.bin") is None
        )
        yield second


@pytest.mark.parametrize("place", ["home", "NETRC"])
def test_credentials_of_a_host_are_taken_from_netrc(fetch, site, home, monkeypatch, place):
    if place == "NETRC":
        monkeypatch.setenv("NETRC", str(home / "mine"))
    netrc(home / (".netrc" if place == "home" else "mine"), "machine 127.0.0.1 login ada password s3cret:é")
    fetch()
    assert site.authorizations == [SENT]


def test_without_a_line_for_the_host_nothing_is_sent(fetch, site, home):
    netrc(home / ".netrc", "machine host.example login ada password x", "default login anonymous password a@b.example")
    fetch()
    assert site.authorizations == [None]


def test_a_redirect_to_another_host_does_not_take_credentials_along(fetch, file, site, other, home):
    netrc(home / ".netrc", "machine 127.0.0.1 login ada password s3cret:é")
    fetch()
    assert file.read_bytes() == BODY
    assert (site.authorizations, other.authorizations) == ([SENT], [None])


def test_a_host_that_a_redirect_leads_to_gets_its_own(fetch, site, other, home):
    netrc(home / ".netrc", "machine localhost login ada password s3cret:é")
    fetch()
    assert (site.authorizations, other.authorizations) == ([None], [SENT])


def test_only_https_and_this_machine_are_trusted_with_credentials(home):
    netrc(home / ".netrc", *(f"machine {host} login ada password s3cret:é" for host in ("Host.example", "::1")))
    assert authorization("https://host.example/a") == authorization("https://HOST.example:8443/a") == SENT
    assert authorization("http://[::1]:80/a") == SENT
    assert authorization("http://host.example/a") is None
    assert authorization("https://sub.host.example/a") is None


@pytest.mark.parametrize(
    ("lines", "mode", "says"),
    [
        (["machine 127.0.0.1 login ada password s3cret"], 0o644, r"~/\.netrc: others may read it"),
        (["machine 127.0.0.1", "login ada s3cret"], 0o600, r"~/\.netrc: line \d is not understood"),
        (None, 0, "absent: there is no such file"),
    ],
    ids=["others may read it", "no netrc", "not there"],
)
def test_a_netrc_that_cannot_be_used_is_named_without_what_it_holds(
    fetch, site, home, monkeypatch, caplog, lines, mode, says
):
    if lines is None:
        monkeypatch.setenv("NETRC", str(home / "absent"))
    else:
        netrc(home / ".netrc", *lines)
        (home / ".netrc").chmod(mode)
    with caplog.at_level(logging.WARNING):
        fetch()
    assert site.authorizations == [None]
    assert re.search(says, caplog.text) and "s3cret" not in caplog.text


def test_a_host_that_asks_for_a_login_is_told_with_the_way(fetch, file, site):
    site.misbehave = lambda handler, n, body, status: handler.answer(401, b"") is None
    with pytest.raises(BadInput, match="answers 401 Unauthorized. Give login and password of the host in a netrc file"):
        fetch()
    assert_nothing_at(file)


@pytest.mark.parametrize(
    ("location", "says"),
    [
        ("http://ada:s3cret@127.0.0.1:1/a", "is redirected to an address with credentials"),
        ("//ada:s3cret@host.example/a", "is redirected to an address with credentials"),
        ("http://ada:s3/cret@127.0.0.1:1/a", "is redirected to an address with credentials"),
        ("http://[::1/a", "is, or leads to, a malformed address"),
        ("http://127.0.0.1:s3cret/a", "is, or leads to, a malformed address"),
        ("http://" + "s3cret" * 20 + "/a", "is, or leads to, a malformed address"),
        ("https:///a", "is redirected to what is no address of the web"),
        ("ftp://127.0.0.1/a", "is redirected to what is no address of the web"),
        ("file:///etc/hosts", "the server answers 302"),
        ("gopher://ada:s3cret@host.example/a", "the server answers 302"),
    ],
)
def test_a_redirect_that_cannot_be_followed_ends_in_one_line(fetch, file, site, caplog, pauses, location, says):
    site.misbehave = lambda handler, n, body, status: handler.answer(302, b"", Location=location) is None
    with caplog.at_level(logging.DEBUG), pytest.raises(BadInput, match=f"/data.bin: {says}") as error:
        fetch()
    assert "\n" not in str(error.value) and len(site.requests) == 1 and pauses == []
    assert "cret" not in str(error.value) + caplog.text
    assert_nothing_at(file)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://ada:s3cret@host/a", "https://***@host/a"),
        ("see http://ada@host/a, or https://b:c@d@host/a.", "see http://***@host/a, or https://***@host/a."),
        ("https://ada:s3/c?r#et@host/a", "https://***@host/a"),
        ("https://ada:s3 cret@host/a", "https://***@host/a"),
        ("HTTPS:/ada:s3cret@host", "HTTPS:/***@host"),
    ],
)
def test_credentials_are_masked_wherever_an_error_names_an_address(text, shown):
    assert has_credentials(text) and masked(text) == shown
    assert str(BadInput(text, "", "reason", "Remedy.")).startswith(shown)


@pytest.mark.parametrize(
    "text", ["https://host/a@1.2/b", "http://host:80/a@b", "http://[::1]:80/a@b", "file:///home/a@b", "a@b.example"]
)
def test_what_holds_no_credentials_is_shown(text):
    assert not has_credentials(text) and masked(text) == text
