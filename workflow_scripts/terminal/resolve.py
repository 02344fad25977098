"""`make resolve`: what a public archive has under an accession, as rows of config/datasets.tsv and a sample sheet.

It prints the rows, for a person to look at and to append; nothing is downloaded. `download/resolvers` says which
accessions there are.
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
from importlib import import_module
from pathlib import Path

from workflow_scripts.download.resolvers.registry import RESOLVERS, Resolved
from workflow_scripts.io.errors import BadInput
from workflow_scripts.settings.errors import BadConfiguration
from workflow_scripts.settings.schema import load_schema
from workflow_scripts.settings.validation import validate


def main() -> None:
    parser = argparse.ArgumentParser(prog="make resolve", description=__doc__)
    parser.add_argument("accession", help="ACCESSION: such as TCGA-CHOL, a project of the GDC")
    parser.add_argument("--samples", type=Path, help="SAMPLES: where the sample sheet is written; it must not be there")
    parser.add_argument("--server", help="SERVER: another address of the archive, such as a copy of it")
    asked = parser.parse_args()
    try:
        found = resolved(asked.accession, asked.server)
        write_rows(found.rows)
        if asked.samples:
            write_sheet(found, asked.samples)
    except (BadInput, BadConfiguration) as error:
        sys.exit(str(error))
    told = f"; their samples are in {asked.samples}" if asked.samples else ""
    print(f"{found.said}. Append the lines to config/datasets.tsv{told}.", file=sys.stderr)


def resolved(accession: str, server: str | None) -> Resolved:
    """What the archive of an accession has; BadInput where none knows it."""
    for pattern, (module, address) in RESOLVERS.items():
        if re.fullmatch(pattern, accession):
            return import_module(module).resolve(accession, (server or address).rstrip("/"))
    known = ", ".join(RESOLVERS)
    raise BadInput(accession, "", "is no accession that is known here", f"Give one of the form {known}.")


def write_rows(rows: list[dict[str, str]]) -> None:
    """Print rows of config/datasets.tsv, in the order of its columns, each held against its schema."""
    schema = load_schema("datasets")
    for row in rows:
        validate(dict(row), schema, f"the archive: {row['name']}")
    table = csv.DictWriter(sys.stdout, list(schema["properties"]), delimiter="\t", lineterminator="\n")
    table.writerows(rows)


def write_sheet(found: Resolved, path: Path) -> None:
    """Write the sample sheet; BadInput where something stands there."""
    try:
        with path.open("x", encoding="utf-8", newline="") as handle:
            table = csv.DictWriter(handle, list(found.samples[0]), delimiter="\t", lineterminator="\n")
            table.writeheader()
            table.writerows(found.samples)
    except FileExistsError:
        raise BadInput(path, "", "is there already", "Remove it, or give another name.") from None


if __name__ == "__main__":
    main()
