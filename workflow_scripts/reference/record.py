"""One line of a GTF or GFF3."""

from __future__ import annotations

import re
from pathlib import Path

from workflow_scripts.io.errors import BadInput

POSITION = re.compile(r"[0-9]{1,12}")


class Record:
    """The columns of line `number` of the file at `path`; place and strand are looked at when they are asked for."""

    def __init__(self, path: Path, number: int, columns: list[str]) -> None:
        self.path, self.number = path, number
        self.chrom, _, self.feature, self._first, self._last, _, self._strand, _, self.attributes = columns

    def place(self) -> tuple[int, int, str]:
        """Start and end (bp, 0-based, half-open) and strand, `+` or `-`; other values raise BadInput."""
        first, last = self._first, self._last
        if not (POSITION.fullmatch(first) and POSITION.fullmatch(last) and 1 <= int(first) <= int(last)):
            raise self.bad(f"start {first!r} and end {last!r} are not 1 <= start <= end")
        if self._strand not in ("+", "-"):
            raise self.bad(f"the strand is {self._strand!r}, neither + nor -")
        return int(first) - 1, int(last), self._strand

    def bad(self, reason: str) -> BadInput:
        return BadInput(self.path, f"line {self.number}", reason, "Give a whole GTF or GFF3 file.")
