"""Archives by the form of their accessions: (module, public address of its interface).

A resolver is a module of this folder with one function `resolve(accession, server) -> Resolved`; it asks the archive
what it has, and downloads nothing. To add one, write its module and add its line.
"""

from __future__ import annotations

from typing import NamedTuple


class Resolved(NamedTuple):
    """What an archive has under one accession."""

    rows: list[dict[str, str]]  # of config/datasets.tsv
    samples: list[dict[str, str]]  # lines of a sample sheet, with its column `file`
    said: str  # for people: what was found


RESOLVERS = {
    r"[A-Z0-9]+-[A-Z0-9-]+": ("workflow_scripts.download.resolvers.gdc", "https://api.gdc.cancer.gov"),
}
