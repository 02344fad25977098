"""Groups that never straddle splits: patients, donors, and series as far as they are connected."""

from __future__ import annotations

import re
from collections.abc import Iterable

from scipy.cluster.hierarchy import DisjointSet

# A sample of several series lists their accessions: GSE1001,GSE1002.
ACCESSIONS = re.compile(r"[A-Z]+\d+(\s*[,;\s]\s*[A-Z]+\d+)+")


def tokens(group: str) -> list[str]:
    """The groups that one sample names: the accessions of a list of them, else the whole text."""
    return re.split(r"[,;\s]+", group) if ACCESSIONS.fullmatch(group) else [group]


def connected_groups(groups: list[str], same: Iterable[tuple[str, str]] = ()) -> list[str]:
    """For each sample the name of its connected group: two that share a token, if by way of others, are one.

    `same` are pairs of groups that hold one measurement twice, and so are one as well. The name is the lowest
    token, so it depends on neither order nor seed.
    """
    named = [tokens(group) for group in dict.fromkeys(groups)] + [tokens(a) + tokens(b) for a, b in same]
    joined = DisjointSet(token for together in named for token in together)
    for first, *others in named:
        for other in others:
            joined.merge(first, other)
    lowest: dict[str, str] = {}
    for token in joined:
        root = joined[token]
        lowest[root] = min(token, lowest.get(root, token))
    return [lowest[joined[tokens(group)[0]]] for group in groups]
