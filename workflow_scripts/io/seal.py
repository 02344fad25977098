"""A checksum that goes with a file, so that damage is found before the file is read.

The formats' own checksums cover values at best: without a seal a damaged name, label or pointer goes unseen.

- HDF5 and zip know where their parts are and their readers pass over what follows: the seal stands behind the content.
- Parquet ends with its footer, which holds texts: the seal is one of them, made while it held zeros.
- A JSON file holds the checksum of what else it holds, under the key `digest`.
- Text is read by everything, and a bigWig must end with the number that begins it, which the tools of UCSC check: the
  seal is a file beside it, `{name}.sha256`, one line as `sha256sum` writes and checks it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import digest, replacing

MAGIC = b"GeneLM sha256 "
LENGTH = len(MAGIC) + 2 * hashlib.sha256().digest_size


BLANK = MAGIC + b"0" * (LENGTH - len(MAGIC))  # what a file holds that is to be sealed within


def seal(path: Path) -> None:
    """Append to a whole file the checksum of its bytes."""
    found = digest(path)
    with path.open("ab") as handle:
        handle.write(MAGIC + found.encode())


def require_intact(path: Path) -> None:
    """Raise BadInput unless `path` ends with the checksum of all bytes before it."""
    with _readable():
        content = path.stat().st_size - LENGTH
        with path.open("rb") as handle:
            handle.seek(max(0, content))
            found = handle.read()
        intact = content >= 0 and found == MAGIC + _digest(path, content).encode()
    if not intact:
        raise _damaged(path)


def seal_within(path: Path) -> None:
    """Put the checksum of a whole file where it holds BLANK."""
    content = path.read_bytes()
    place = content.rfind(BLANK)
    if place < 0:
        raise ValueError(f"{path} holds no place for a seal")
    with path.open("r+b") as handle:
        handle.seek(place + len(MAGIC))
        handle.write(hashlib.sha256(content).hexdigest().encode())


def read_sealed_within(path: Path) -> bytes:
    """The bytes of a file that is sealed within; raise BadInput where they are not what was written."""
    with _readable():
        content = path.read_bytes()
    place = content.rfind(MAGIC)
    state = hashlib.sha256(content[: max(0, place)])
    state.update(BLANK)
    state.update(content[place + LENGTH :])
    if place < 0 or content[place + len(MAGIC) : place + LENGTH] != state.hexdigest().encode():
        raise _damaged(path)
    return content


def beside(path: Path) -> Path:
    """The file that holds the seal of a file that cannot hold its own."""
    return path.with_name(f"{path.name}.sha256")


def seal_beside(path: Path) -> None:
    """Write the checksum of a whole file, under the name that it will keep, to the file beside it."""
    with replacing(beside(path)) as temporary:
        temporary.write_bytes(_line(path, digest(path)))


def require_intact_beside(path: Path) -> None:
    """Raise BadInput unless the file beside `path` holds the checksum of its bytes and its name."""
    with _readable():
        intact = beside(path).read_bytes() == _line(path, _digest(path, path.stat().st_size))
    if not intact:
        raise _damaged(path)


def sealed(content: dict[str, Any]) -> str:
    """What a JSON file holds: `content` and its checksum."""
    return json.dumps({**content, "digest": _digest_of_content(content)}, indent=2, sort_keys=True) + "\n"


def unsealed(path: Path, remedy: str) -> dict[str, Any]:
    """The content of a sealed JSON file; raise BadInput, which tells `remedy`, where it is not what was written."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(path, "", f"not readable ({error})", remedy) from error
    if not isinstance(content, dict) or content.pop("digest", None) != _digest_of_content(content):
        raise BadInput(path, "", "is damaged or was edited (digest)", remedy)
    return content


def _digest_of_content(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _line(path: Path, checksum: str) -> bytes:
    return f"{checksum}  {path.name}\n".encode()


def _digest(path: Path, size: int) -> str:
    return _digest_of_state(path, size, path.stat().st_mtime_ns)


@cache
def _digest_of_state(path: Path, size: int, changed: int) -> str:
    """Checksum of the first `size` bytes, taken once for each state of a file; `changed` is its time in ns."""
    return digest(path, size=size)


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BadInput(error.filename, "", f"not readable ({error.strerror})", "Run its rule again.") from error


def _damaged(path: Path) -> BadInput:
    return BadInput(path, "", "is damaged, cut short or was edited (checksum)", "Remove it and run its rule again.")
