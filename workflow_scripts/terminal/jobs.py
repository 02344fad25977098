"""The jobs of a run as a user follows them: what each is, how long it takes, what it logged last."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

RECORD = re.compile(
    r"^\d{4}-\S+ \S+ (?P<level>[A-Z]+) \S+: (?P<text>.*)$"
)  # as workflow_scripts/rule.py has it written
TAIL = 1 << 14  # bytes at the end of a log that are read


class Job(NamedTuple):
    """One job that was started at `started` (seconds since the epoch); a target, which makes nothing, has no log."""

    rule: str
    wildcards: dict[str, str]
    log: Path | None
    started: float

    @classmethod
    def of(cls, record: Any) -> Job:
        """The job of a record of Snakemake that says that it starts."""
        log = Path(record.log[0]) if record.log else None
        return cls(record.rule_name, dict(record.wildcards.items()), log, record.created)

    @property
    def stage(self) -> str:
        return self.log.parent.name if self.log else ""

    @property
    def name(self) -> str:
        return " ".join([self.rule, *filter(None, map(str, self.wildcards.values()))])

    def logged(self, level: str = "") -> list[str]:
        """What it logged, at one level or at all: the first line of each record near the end of its log."""
        found = (match for match in map(RECORD.match, self._lines()) if match)
        return [match["text"] for match in found if level in ("", match["level"])]

    def reason(self) -> str:
        """Why it failed: the last error that it logged, with the last line of it, which of a traceback is the fault."""
        said = self.logged("ERROR")[-1:]
        last = self._lines()[-1:]
        if said and not RECORD.match(last[0]):
            said += last
        return ": ".join(said) or "it logged no reason: see what it printed above"

    def _lines(self) -> list[str]:
        if not self.log or not self.log.is_file():
            return []
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - TAIL))
            return log.read().decode(errors="replace").splitlines()


def spelled(seconds: float) -> str:
    """A duration in the one or two units that matter."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if minutes else f"{rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def time_left(done: int, total: int, seconds: float) -> str:
    """What is left at the pace so far, to one unit; empty while too few jobs are done to tell."""
    if done < 3 or done == total:
        return ""
    left = seconds / done * (total - done)
    for unit, size in (("h", 3600), ("min", 60)):
        if left >= 1.5 * size:
            return f"about {left / size:.0f} {unit} left"
    return f"about {left:.0f} s left"
