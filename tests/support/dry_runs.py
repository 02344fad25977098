"""Many dry runs at the price of one start: imports Snakemake once and forks for each configuration.

python -m tests.support.dry_runs DIRECTORY CONFIG...   prints {configuration: {rule: jobs} or the error}
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.support.workflow import ROOT, jobs


def dry_run(directory: Path, config: Path) -> dict[str, int] | str:
    """The jobs that would run in `directory` with `config`, or what Snakemake said in refusing it."""
    with tempfile.TemporaryFile("w+") as printed:
        child = os.fork()
        if child == 0:
            os.dup2(printed.fileno(), 1)
            os.dup2(printed.fileno(), 2)
            from snakemake.cli import main

            try:
                main(["--dry-run", "--cores", "1", "--directory", str(directory), "--configfile", str(config)])
            except SystemExit as done:
                sys.stdout.flush()
                os._exit(int(done.code or 0))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        printed.seek(0)
        text = printed.read()
    return jobs(text) if status == 0 else text[-2000:]


def main(directory: Path, configs: list[Path]) -> None:
    import snakemake.cli  # noqa: F401  (imported before the forks, so that they share it)

    os.chdir(ROOT)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(lambda config: dry_run(directory, config), configs)
        print(json.dumps(dict(zip(map(str, configs), found, strict=True))))


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]])
