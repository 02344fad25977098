"""Running Snakemake as a user does, from tests."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "config/config.yaml"
RESULTS = "results/config"  # of the demo, whose configuration is config/config.yaml
# What `make test` tells the programs that it starts of itself; a make that a test starts is none of its.
AS_A_USER = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
TINY = ROOT / "tests/support/tiny.yaml"  # laid over the demo: a smaller organism, fewer steps


def snakemake(
    *arguments: str | Path,
    directory: Path,
    configs: tuple[Path, ...] = (DEMO,),
    prefix: tuple[str, ...] = (),
    timeout: int = 1500,
    **environment: str,
) -> subprocess.CompletedProcess[str]:
    """Run `snakemake` in `directory` with the given configuration files; `prefix` goes before it."""
    command = [*prefix, sys.executable, "-m", "snakemake", *map(str, arguments)]
    command += ["--directory", str(directory), "--configfile", *map(str, configs)]
    directory.mkdir(parents=True, exist_ok=True)
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, text=True, capture_output=True, timeout=timeout
    )


def succeeded(result: subprocess.CompletedProcess[str]) -> bool:
    """True on exit 0; otherwise the end of what was printed goes to the test's own output."""
    if result.returncode:
        print(result.stdout[-3000:], result.stderr[-12000:])
    return result.returncode == 0


def jobs(printed: str) -> dict[str, int]:
    """The table of jobs that Snakemake prints before it runs: {rule: count}, without `total` and `all`."""
    tables = re.findall(r"^job +count\n[- ]+\n((?:\w+ +\d+\n)+)", printed, re.MULTILINE)
    rows = dict(line.split() for line in tables[0].splitlines()) if tables else {}
    return {rule: int(count) for rule, count in rows.items() if rule not in ("total", "all")}
