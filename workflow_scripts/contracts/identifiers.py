"""Gene, transcript and protein identifiers without versions."""

from __future__ import annotations

import re

# Only Ensembl stable identifiers carry a version after a dot; elsewhere the dot is part of the name (Y74C9A.3).
VERSION = re.compile(r"^(ENS[A-Z_]*\d+)\.\d+")


def without_version(identifier: str) -> str:
    """`ENSG00000182378.14` and `ENSG00000182378.14_PAR_Y` to `ENSG00000182378`; other names as they are."""
    known = VERSION.sub(r"\1", identifier) if "." in identifier else identifier  # a source has 60,000 of them
    return known.removesuffix("_PAR_Y")


def is_par_y(identifier: str) -> bool:
    """Whether GENCODE names the copy on chromosome Y of a pseudoautosomal gene."""
    return identifier.endswith("_PAR_Y")
