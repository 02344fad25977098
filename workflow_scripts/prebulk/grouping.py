"""Groups that never straddle splits, and their way into train, validation and test."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable

import numpy as np

from workflow_scripts.contracts.splits import NAMES

URGENT = ("train", "test", "validation")  # what a class needs first: nothing is learned or told without it
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
    parent: dict[str, str] = {}

    def root(token: str) -> str:
        while parent[token] != token:
            parent[token] = parent[parent[token]]
            token = parent[token]
        return token

    for named in [tokens(group) for group in dict.fromkeys(groups)] + [tokens(a) + tokens(b) for a, b in same]:
        for token in named:
            parent.setdefault(token, token)
        roots = sorted({root(token) for token in named})
        for other in roots[1:]:
            parent[other] = roots[0]
    return [root(tokens(group)[0]) for group in groups]


def assign_splits(groups: list[str], labels: list[str], fractions: dict[str, float], seed: int) -> dict[str, str]:
    """Return connected group -> split, stratified by label as far as whole groups allow.

    `groups` and `labels` are per sample. The largest groups go first (of equals in an order drawn by `seed`),
    each to the split that lacks most samples of its labels, and of equals to the one that lacks most in all: the
    step that leaves the least squared distance from the wanted counts. So that small classes are everywhere, the
    last groups of a label go to the splits that are without it: train, test, then validation, as far as they
    last. Unlabelled samples are balanced like a class but need not be everywhere.
    """
    content: dict[str, Counter] = defaultdict(Counter)
    for group, label in zip(groups, labels, strict=True):
        content[group][label] += 1
    lacking = {label: {name: fractions[name] * count for name in NAMES} for label, count in Counter(labels).items()}
    lacking_in_all = {name: fractions[name] * len(labels) for name in NAMES}
    without = {label: list(URGENT) for label in lacking if label}
    remaining = Counter(label for counts in content.values() for label in counts)

    shuffled = np.random.default_rng(seed).permutation(sorted(content)).tolist()
    chosen: dict[str, str] = {}
    for group in sorted(shuffled, key=lambda name: -content[name].total()):
        counts = content[group]
        allowed = list(NAMES)
        for label in sorted(counts.keys() & without.keys(), key=lambda name: (remaining[name], name)):
            if remaining[label] <= len(without[label]):
                urgent = without[label][: remaining[label]]
                allowed = [name for name in allowed if name in urgent] or allowed
        lack = {name: sum(count * lacking[label][name] for label, count in counts.items()) for name in allowed}
        best = max(allowed, key=lambda name: (lack[name], lacking_in_all[name]))
        chosen[group] = best
        lacking_in_all[best] -= counts.total()
        for label, count in counts.items():
            lacking[label][best] -= count
            remaining[label] -= 1
            if best in without.get(label, ()):
                without[label].remove(best)
    return chosen
