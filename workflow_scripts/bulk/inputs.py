"""What the runs are made of, for rules."""

from __future__ import annotations

from collections.abc import Callable

from workflow_scripts.settings.settings import Settings


def gene_embedding(settings: Settings) -> Callable[..., list[str]]:
    """For a rule's input: the gene embedding, of whatever stage, that one {run} takes as the identity of genes."""
    return lambda wildcards: [f"<results>/{settings.section(f'bulk/runs/{wildcards.run}/embedding')}.h5ad"]
