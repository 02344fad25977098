"""The order of genes, which everything indexed by gene carries as a digest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from workflow_scripts.io.errors import BadInput


def order_digest(gene_ids: Iterable[str]) -> str:
    """sha256 of the gene identifiers joined by newlines: equal if and only if the order is."""
    return hashlib.sha256("\n".join(gene_ids).encode()).hexdigest()


def require_order(path: Path, found: str, expected: str | None) -> None:
    """Raise BadInput if the file at `path` was made for another order of genes; None accepts any."""
    if expected is not None and found != expected:
        raise BadInput(
            path,
            "gene_order",
            f"made for another gene table (digest {found[:12]}, expected {expected[:12]})",
            "Run the workflow again so that both come from one gene table.",
        )
