"""Addresses of the web, and the credentials that they must not hold: such text ends in logs and reports."""

from __future__ import annotations

import re

# `user:secret@` of `https://user:secret@host/`; one slash is left of two where the text passed for a path, and a secret
# that holds a slash is taken for a port and a path, unless it is known by the port that is no number.
_CREDENTIALS = re.compile(r"(?<=:/)(/?)(?:[^/?#]*|[^/?#:@\[]+:(?!\d*(?:[/?#\s]|$))\S*)@")


def has_credentials(address: str) -> bool:
    """Whether an address names a user, with or without a secret."""
    return _CREDENTIALS.search(address) is not None


def masked(text: str) -> str:
    """`text` with `***` for the credentials in the addresses that it holds."""
    return _CREDENTIALS.sub(r"\1***@", text)
