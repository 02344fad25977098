"""Checksums: what a row, a manifest or a source's own list declares, and what a file's bytes give."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from workflow_scripts.io.errors import BadInput

BLOCK = 1 << 20  # bytes
ALGORITHM_OF_LENGTH = {32: "md5", 40: "sha1", 64: "sha256"}  # hexadecimal digits
# `s` rotated right by one bit within 16 bits, for every s that one addition of a byte can give.
ROTATED = [((s & 0xFFFF) >> 1) | ((s & 1) << 15) for s in range((1 << 16) + 255)]


@dataclass(frozen=True)
class Checksum:
    """`value` is hexadecimal, or `checksum blocks` for the algorithm `sum`; `origin` says who declares it."""

    algorithm: str
    value: str
    origin: str

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.value} ({self.origin})"


class BsdSum:
    """The 16-bit sum of BSD, which GNU `sum` prints and Ensembl publishes: checksum, blocks of 1,024 bytes.

    The BSD algorithm of GNU coreutils' manual: rotate right by one bit, add the byte, keep 16 bits. It
    finds accidents (1 of 65,536 passes, and the size must fit), not forgeries.
    """

    def __init__(self) -> None:
        self._sum, self._size = 0, 0

    def update(self, block: bytes) -> None:
        total, rotated = self._sum, ROTATED
        for byte in block:
            total = rotated[total] + byte
        self._sum, self._size = total, self._size + len(block)

    def hexdigest(self) -> str:
        return f"{self._sum & 0xFFFF} {-(-self._size // 1024)}"


def measure(path: Path, algorithms: Iterable[str]) -> dict[str, str]:
    """The checksums of a file's bytes by algorithm, in one reading of the file."""
    states = {name: BsdSum() if name == "sum" else hashlib.new(name) for name in algorithms}
    with path.open("rb") as handle:
        while block := handle.read(BLOCK):
            for state in states.values():
                state.update(block)
    return {name: state.hexdigest() for name, state in states.items()}


def declared(text: str, origin: str) -> Checksum:
    """Read `sha256:...`, `sha1:...` or `md5:...`."""
    algorithm, _, value = text.partition(":")
    digest = hexadecimal(value, origin)
    if digest is None or digest.algorithm != algorithm:
        raise BadInput(origin, "checksum", f"{text!r} is no checksum", "Give sha256:, sha1: or md5: and the digest.")
    return digest


def hexadecimal(value: str, origin: str) -> Checksum | None:
    """A checksum in hexadecimal digits, its algorithm told by its length; None if it is none."""
    if not re.fullmatch(r"[0-9a-fA-F]+", value) or len(value) not in ALGORITHM_OF_LENGTH:
        return None
    return Checksum(ALGORITHM_OF_LENGTH[len(value)], value.lower(), origin)


def published(listing: str, name: str, origin: str) -> Checksum:
    """Find `name` in a source's own list of checksums, which stands at the address `origin`.

    Read are the lines of sha256sum and its like (`digest  name`, `digest *name`), their BSD form
    (`SHA256 (name) = digest`), Ensembl's CHECKSUMS (`sum blocks name`, after GNU `sum`), and a file that
    holds one digest alone.
    """
    lines = [line.strip() for line in listing.splitlines() if line.strip() and not line.startswith("#")]
    found = {checksum for line in lines if (checksum := _line(line, name, origin))}
    if len(lines) == 1 and (alone := hexadecimal(lines[0], origin)):
        found = {alone}
    if not found:
        raise BadInput(origin, "", f"does not list {name}", "Correct the checksum column of config/datasets.tsv.")
    if len({checksum.algorithm for checksum in found}) < len(found):
        raise BadInput(origin, "", f"lists {name} with different checksums", "Declare one as sha256:, sha1: or md5:.")
    return max(found, key=lambda checksum: len(checksum.value))


def _line(line: str, name: str, origin: str) -> Checksum | None:
    """The checksum that one line gives for `name`, if any."""
    if bsd := re.fullmatch(r"\w+ ?\((.+)\) ?= ?([0-9a-fA-F]+)", line):
        return hexadecimal(bsd[2], origin) if bsd[1].rpartition("/")[2] == name else None
    fields = line.split()
    if fields[-1].lstrip("*").rpartition("/")[2] != name:
        return None
    if len(fields) == 3 and fields[0].isdecimal() and fields[1].isdecimal():
        return Checksum("sum", f"{int(fields[0])} {int(fields[1])}", origin)
    return hexadecimal(fields[0], origin) if len(fields) == 2 else None
