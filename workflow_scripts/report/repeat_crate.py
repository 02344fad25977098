"""Repeat a run from its crate, and hold every file against the checksum that the crate gives.

python -m workflow_scripts.report.repeat_crate CRATE DIRECTORY --cores 8
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from workflow_scripts.io.attested import SUFFIX
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import digest
from workflow_scripts.report.crate import NAME

# Files that tell when, how long or by which path something was done, and what is drawn of these.
TELLING = (f"*{SUFFIX}", "history.tsv*", "training.png", "costs.*", "sources.*", "summary.html")


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    given.add_argument("crate", type=Path, help="the folder of results that holds ro-crate-metadata.json")
    given.add_argument("directory", type=Path, help="an empty folder, in which the run is repeated")
    given.add_argument("--cores", default="1")
    asked = given.parse_args()
    try:
        entities = read(asked.crate)
        made = repeat(asked.crate.resolve(), asked.directory, asked.cores)
        same, told, other = compare(entities, made)
    except BadInput as error:
        sys.exit(str(error))
    print(f"{same} files have the same bytes, {len(told)} tell other times or paths, {len(other)} differ.")
    if other:
        sys.exit("\n".join(["These differ:", *other]))


def read(crate: Path) -> dict[str, dict[str, Any]]:
    """The entities of a crate, by their `@id`."""
    path = crate / NAME
    try:
        return {entity["@id"]: entity for entity in json.loads(path.read_text(encoding="utf-8"))["@graph"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(path, "", f"is no readable crate ({error})", "Give the folder of results of a run.") from error


def repeat(crate: Path, directory: Path, cores: str) -> Path:
    """Run the workflow of the crate by its configuration in an empty folder; return the folder of its results.

    Raises BadInput where that fails.
    """
    (configuration,) = (crate / "configuration").iterdir()
    if directory.exists() and any(directory.iterdir()):
        raise BadInput(directory, "", "is not empty", "Give a folder for the repeated run.")
    directory.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "snakemake", "--snakefile", crate / "workflow/Snakefile", "--cores", cores]
    command += ["--directory", directory.resolve(), "--configfile", configuration]
    if subprocess.run(list(map(str, command)), cwd=crate / "workflow", check=False).returncode:
        raise BadInput(crate, "", "the repeated run failed", "What it printed says why.")
    return directory / "results" / configuration.stem


def compare(entities: dict[str, dict[str, Any]], made: Path) -> tuple[int, list[str], list[str]]:
    """How many files of a repeated run are as the crate says, and which tell other times or paths, or differ."""
    same, told, other = 0, [], []
    for entity, content in entities.items():
        if "sha256" not in content or ":" in entity:  # another place's file
            continue
        path = made / entity
        if path.is_file() and digest(path) == content["sha256"]:
            same += 1
        elif any(path.match(pattern) for pattern in TELLING):
            told.append(entity)
        else:
            other.append(f"{entity}: {'other bytes' if path.is_file() else 'is not there'}")
    return same, told, other


if __name__ == "__main__":
    main()
