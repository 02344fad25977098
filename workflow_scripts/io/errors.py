"""The one exception for input that the workflow cannot accept."""

from __future__ import annotations

from pathlib import Path

from workflow_scripts.io.addresses import masked


class BadInput(Exception):
    """Bad input, said in one line: which file, where in it, what is wrong, what to do. Credentials are masked.

    Raised where the fault is found; `workflow_scripts.rule.run` prints it and ends the job.
    """

    def __init__(self, file: Path | str, place: str, reason: str, remedy: str) -> None:
        line = f"{file}: {place}: {reason}. {remedy}" if place else f"{file}: {reason}. {remedy}"
        super().__init__(masked(" ".join(line.split())))
        self.file, self.place, self.reason, self.remedy = str(file), place, reason, remedy
