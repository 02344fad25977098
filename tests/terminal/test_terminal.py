"""The logger plugin as Snakemake finds and uses it, on a terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

from tests.support.workflow import ROOT

SNAKEFILE = """
rule all:
    input: "made"

rule make_it:
    output: "made"
    log: "logs/stage/make_it.log"
    shell:
        "echo '2026-01-02 03:04:05,678 INFO a: half of it' > {log}; sleep 1.5; "
        "echo first >&2; echo it broke >&2; sleep 1; exit 1"
"""


def seen(command: list[str], folder: Path, **environment: str) -> str:
    """What a command writes to a terminal of its own."""
    own, its = pty.openpty()
    given = {**os.environ, "TERM": "xterm", **environment}
    with subprocess.Popen(command, cwd=folder, stdin=its, stdout=its, stderr=its, env=given):
        os.close(its)
        written = b""
        try:
            while more := os.read(own, 1 << 16):
                written += more
        except OSError:  # Linux's way to say that nobody has the other end open any more
            pass
    os.close(own)
    return written.decode()


def test_what_a_job_prints_never_meets_the_line_that_tells_what_is_at_work(tmp_path: Path) -> None:
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    path = os.pathsep.join(map(str, (ROOT / "workflow_scripts/terminal", ROOT)))
    command = [sys.executable, "-m", "snakemake", "--logger", "genelm", "--cores", "1"]
    shown = seen(command, tmp_path, PYTHONPATH=path)
    lines = [line.rpartition("\x1b[K")[2] for line in shown.replace("\r\n", "\n").split("\n")]
    assert lines.index("first") + 1 == lines.index("it broke") < lines.index("1 failed, 0 of 2 jobs are done:\x1b[0m")
    assert "\x1b[K0/2  make_it for " in shown and " s: half of it\r\x1b[K" in shown
