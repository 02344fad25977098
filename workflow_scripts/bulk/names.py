"""Genes and labels as people call them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches

import pandas as pd

from workflow_scripts.contracts.identifiers import without_version
from workflow_scripts.io.errors import BadInput

FEW = 12  # names that are all listed


def finder(genes: pd.DataFrame) -> Callable[[str], int]:
    """What tells where a gene stands in the genes of an ExportedModel, by its Ensembl id or its symbol.

    It raises BadInput on a name of none, and says what is near, and on a symbol of several.
    """
    ids = {name: place for place, name in enumerate(genes["gene_id"])}
    symbols = genes.groupby("symbol", sort=False)["gene_id"].agg(list).to_dict()

    def find(name: str) -> int:
        found = [name for name in [without_version(name)] if name in ids] or symbols.get(name, [])
        if len(found) == 1:
            return ids[found[0]]
        if found:
            raise BadInput(f"gene {name!r}", "", f"is the symbol of {', '.join(found)}", "Give one of these.")
        reason = (
            f"is none of the {len(ids):,} genes of the model (Ensembl ids or symbols){_near(name, [*symbols, *ids])}"
        )
        raise BadInput(f"gene {name!r}", "", reason, "Leave it out, or give its name there.")

    return find


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
