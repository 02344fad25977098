"""The sheet of declared files, `config/datasets.tsv`."""

from __future__ import annotations

import csv
from pathlib import Path

from workflow_scripts.io.addresses import has_credentials
from workflow_scripts.settings.errors import BadConfiguration
from workflow_scripts.settings.schema import load_schema
from workflow_scripts.settings.validation import validate

SHEET = "config/datasets.tsv"
NO_CREDENTIALS = "an address without credentials, which a netrc file holds (see config/README.md)"


def load_datasets(path: Path) -> dict[str, dict[str, str]]:
    """Read the sheet of declared files, one row a file, and check every row; return rows by name."""
    schema = load_schema("datasets")
    rows: dict[str, dict[str, str]] = {}
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfiguration(f"{SHEET}: cannot be read ({error}); restore it") from None
    table = csv.reader((line for line in lines if not line.startswith("#")), delimiter="\t", quoting=csv.QUOTE_NONE)
    header = next(table, [])
    if sorted(header) != sorted(schema["properties"]):
        needed = ", ".join(schema["properties"])
        raise BadConfiguration(f"{SHEET}: its columns are {', '.join(header) or 'none'}; needed, with tabs: {needed}")
    for number, cells in enumerate(table, start=1):
        place = f"{SHEET}: row {cells[header.index('name')] if len(cells) == len(header) else number}"
        if len(cells) != len(header):
            raise BadConfiguration(f"{place}: holds {len(cells)} cells, the header {len(header)}; put tabs between")
        row = dict(zip(header, cells, strict=True))
        for column in ("url", "checksum"):
            if has_credentials(row[column]):
                raise BadConfiguration(f"{place}: {column}: given {row[column]!r}; allowed: {NO_CREDENTIALS}")
        validate(row, schema, place)
        if row["name"] in rows:
            raise BadConfiguration(f"{place}: stands twice; give each row its own name")
        rows[row["name"]] = row
    return rows
