"""Genes and labels as people call them."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

import pandas as pd

from workflow_scripts.contracts.identifiers import without_version
from workflow_scripts.io.errors import BadInput

FEW = 12  # names that are all listed


def gene_at(name: str, genes: pd.DataFrame) -> int:
    """Where a gene stands in the genes of an ExportedModel, by its Ensembl id, with or without version, or its symbol.

    Raises BadInput on a name of none, which says what is near, and on a symbol of several.
    """
    found = (genes["gene_id"] == without_version(name)).to_numpy().nonzero()[0]
    if not len(found):
        found = (genes["symbol"] == name).to_numpy().nonzero()[0]
    if len(found) == 1:
        return int(found[0])
    if len(found):
        ids = ", ".join(genes["gene_id"].iloc[found])
        raise BadInput(f"gene {name!r}", "", f"is the symbol of {ids}", "Give one of these.")
    of_genes = [*genes["symbol"], *genes["gene_id"]]
    reason = f"is none of the {len(genes):,} genes of the model (Ensembl ids or symbols){_near(name, of_genes)}"
    raise BadInput(f"gene {name!r}", "", reason, "Leave it out, or give its name there.")


def require_label(name: str, labels: Iterable[str]) -> None:
    """Raise BadInput unless `name` is one of `labels`; it says what is near."""
    labels = list(labels)
    if name not in labels:
        listed = ", ".join(labels[:FEW]) + (f" and {len(labels) - FEW} more" if len(labels) > FEW else "")
        reason = f"is none of the labels that the model knows: {listed or 'none'}{_near(name, labels)}"
        raise BadInput(f"condition {name!r}", "", reason, "Give one of them, or none.")


def _near(name: str, names: list[str]) -> str:
    by_case = {other.casefold(): other for other in names if other}
    near = get_close_matches(name.casefold(), by_case, n=3)
    return f"; the nearest: {', '.join(by_case[other] for other in near)}" if near else ""
