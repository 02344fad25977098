"""Text that may be gzipped, damaged or cut short."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, AnyStr

from workflow_scripts.io.errors import BadInput

DAMAGED = "Download the file again."


def open_maybe_gzip(path: Path, mode: str = "rt", errors: str = "strict") -> IO:
    """Open a plain or gzipped file to read it as text ("rt", UTF-8) or bytes ("rb").

    The first two bytes tell, not the name: a browser unpacks a file and leaves its name. `errors` says what
    becomes of bytes that are not UTF-8, as in `open`. Reading damaged gzip data raises EOFError, zlib.error or
    gzip.BadGzipFile.
    """
    with path.open("rb") as handle:
        gzipped = handle.read(2) == b"\x1f\x8b"
    text = {} if mode == "rb" else {"encoding": "utf-8", "errors": errors}
    return (gzip.open if gzipped else open)(path, mode, **text)


def whole_lines(path: Path, end: AnyStr = "\n", errors: str = "strict") -> Iterator[tuple[int, AnyStr]]:
    r"""Yield (number, from 1; line with its end) of a plain or gzipped file; `end` is "\n" for text, b"\n" for bytes.

    `errors` says what becomes of bytes that are not UTF-8, as in `open`.

    Raises BadInput with the line where the file is damaged, and where its last line has no end: a plain file that
    was cut short tells of it in no other way.
    """
    number = 0
    try:
        with open_maybe_gzip(path, "rt" if isinstance(end, str) else "rb", errors) as handle:
            for number, line in enumerate(handle, 1):
                if not line.endswith(end):
                    remedy = "Download the file again, or end the line if it is whole."
                    raise BadInput(path, f"line {number}", "the file is cut short: its last line has no end", remedy)
                yield number, line
    except (EOFError, OSError, zlib.error, UnicodeDecodeError) as error:
        raise BadInput(path, f"after line {number}", f"truncated or damaged ({error})", DAMAGED) from error
