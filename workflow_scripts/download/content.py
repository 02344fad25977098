"""Whether a file is what its name says, and whole: asked of bytes for which nobody declares a checksum.

| name | what must hold |
|---|---|
| `.gz` | gzip to its end, each part of the right checksum and length; of blocked gzip the block that ends it; within, what the rest of the name says of text |
| `.h5`, `.hdf5`, `.h5ad` | the signature of HDF5, and no fewer bytes than its superblock tells |
| `.bw`, `.bigWig` | the number that begins every bigWig also ends it |
| `.pt` | a zip archive with the list of its content at the end, or a pickle (as torch before 1.6 saved) |
| text: `.fa`, `.gtf`, `.tsv`, ... | no NUL, no markup, not blank; an end of the last line, where the source told no size |
| any but `.html` | not empty, and no HTML page |

Formats: RFC 1952; SAM specification 4.1.2 (blocked gzip); HDF5 File Format Specification 3.0, II.A; W. J. Kent et al.,
Bioinformatics 26, 2204-2207 (2010).
"""  # noqa: E501

from __future__ import annotations

import gzip
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

REMEDY = "See what the address gives, and run again; if that is right, declare its sha256: in config/datasets.tsv."
BLOCK = 1 << 20  # bytes
EDGE = 64  # bytes: the header of a bigWig or HDF5, and more than other formats begin and end with
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
GZIP = b"\x1f\x8b"
BLOCKED_GZIP = re.compile(rb"\x1f\x8b\x08\x04.{8}BC", re.DOTALL)
LAST_BLOCK = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
HDF5 = b"\x89HDF\r\n\x1a\n"
BIGWIG = (b"\x26\xfc\x8f\x88", b"\x88\x8f\xfc\x26")  # of either byte order
ZIP = b"PK\x03\x04"
PICKLE = re.compile(rb"\x80[\x02-\x05]")
PAGE = re.compile(rb"(?>\s+|<\?.*?\?>|<!--.*?-->)*+<(?:!doctype\s+html|html)\b", re.DOTALL | re.IGNORECASE)
PAGES = {".html", ".htm"}
TEXT = {".fa", ".fasta", ".faa", ".fna", ".gtf", ".gff", ".gff3", ".tsv", ".csv", ".txt", ".wig", ".bedgraph", ".bed"}


def fault(path: Path, name: str, ended: bool) -> str:
    """What is wrong with the file at `path` that is to be called `name`; empty where nothing is.

    ended: whether the source told where the file ends, which text itself does not show for sure.
    """
    suffix = _suffix(name)
    with path.open("rb") as handle:
        head = handle.read(BLOCK)
    if not head:
        return "is empty"
    if suffix not in PAGES and _is_page(head):
        return "is an HTML page, as of a log-in or an error"
    if suffix in TEXT:
        return _text_fault(path, ended)
    check = CHECKS.get(suffix)
    return check(path, name) if check else ""


def _suffix(name: str) -> str:
    return Path(name).suffix.lower()


def _is_page(head: bytes) -> bool:
    return PAGE.match(head.removeprefix(BYTE_ORDER_MARK)) is not None


def _ends(path: Path) -> tuple[bytes, bytes]:
    """The first and the last EDGE bytes of a file, or all that it has."""
    with path.open("rb") as handle:
        begin = handle.read(EDGE)
        handle.seek(max(0, path.stat().st_size - EDGE))
        return begin, handle.read()


def _blocks(handle: IO[bytes]) -> Iterator[bytes]:
    while block := handle.read(BLOCK):
        yield block


def _text_fault(path: Path, ended: bool) -> str:
    with path.open("rb") as handle:
        reason = _no_text(_blocks(handle))
    whole = ended or _ends(path)[1].endswith((b"\n", b"\r"))
    return reason or ("" if whole else "is cut short: its last line has no end, and the source told no size")


def _no_text(blocks: Iterator[bytes]) -> str:
    """Why blocks of bytes are no text of a table or of sequences."""
    start = b""  # from the first byte that is not blank
    for block in blocks:
        start = start or block.removeprefix(BYTE_ORDER_MARK).lstrip()
        if start.startswith(GZIP):
            return "is packed (gzip), where its name says text"
        if start.startswith(b"<"):
            return "is a page or a message (HTML or XML), where its name says text"
        if b"\0" in block:
            return "holds NUL bytes, where its name says text"
    return "" if start else "is blank"


def _gzip_fault(path: Path, name: str) -> str:
    packed = name[: -len(".gz")]
    try:
        with gzip.open(path) as handle:
            blocks = _blocks(handle)
            reason = _no_text(blocks) if _suffix(packed) in TEXT else _no_content(blocks, packed)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        return f"is no whole gzip file ({error})"
    begin, end = _ends(path)
    cut = BLOCKED_GZIP.match(begin) and not end.endswith(LAST_BLOCK)
    return reason or ("is cut short: its last block is missing (blocked gzip)" if cut else "")


def _no_content(blocks: Iterator[bytes], name: str) -> str:
    """Why unpacked bytes are not those of a file called `name`, of which they are read to the end."""
    head = next(blocks, b"")
    for _ in blocks:
        pass
    if not head:
        return "holds nothing"
    return "holds an HTML page" if _suffix(name) not in PAGES and _is_page(head) else ""


def _hdf5_fault(path: Path, _: str) -> str:
    size = path.stat().st_size
    with path.open("rb") as handle:
        for start in (0, *(512 << n for n in range(size.bit_length()))):  # where a superblock may lie
            handle.seek(start)
            block = handle.read(EDGE)
            if block.startswith(HDF5):
                break
        else:
            return "does not begin as HDF5 does"
    if len(block) < EDGE:
        return "is cut short within its first bytes"
    version = block[8]
    if version > 3:
        return f"is HDF5 with a superblock of an unknown version, {version}"
    width = block[13] if version < 2 else block[9]  # bytes of an address
    first = 12 if version >= 2 else 24 + 4 * version
    base, _, end = (int.from_bytes(block[first + n * width :][:width], "little") for n in range(3))
    stated = end - base + start
    return f"is cut short: {size} bytes of the {stated} that it tells of (HDF5)" if size < stated else ""


def _bigwig_fault(path: Path, _: str) -> str:
    begin, end = _ends(path)
    if not begin.startswith(BIGWIG):
        return "does not begin as a bigWig does"
    whole = path.stat().st_size > EDGE and begin.startswith(end[-len(BIGWIG[0]) :])
    return "" if whole else "is cut short: the number that begins a bigWig does not end it"


def _torch_fault(path: Path, _: str) -> str:
    begin, _ = _ends(path)
    if PICKLE.match(begin):
        return ""
    if not begin.startswith(ZIP):
        return "is neither a zip archive nor a pickle, which torch writes"
    try:
        with zipfile.ZipFile(path) as archive:
            return "" if archive.namelist() else "is an archive of nothing"
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        return f"is no whole zip archive ({error})"


CHECKS: dict[str, Callable[[Path, str], str]] = {
    ".gz": _gzip_fault,
    ".pt": _torch_fault,
    **dict.fromkeys((".h5", ".hdf5", ".h5ad"), _hdf5_fault),
    **dict.fromkeys((".bw", ".bigwig"), _bigwig_fault),
}
