"""The way of whole groups into train, validation and test, with every label in its parts.

Groups are dealt out one by one, each to where it leaves the parts of its labels best (`_deal`); where a label is
still missing or off by a whole group, groups are moved and exchanged (`_mend`). Best is what has the least cost:
the squared distance from the wanted number of samples, summed over labels and splits, in units of the largest
group of the label. So a rare label counts as much as a common one, and one in large series as much as one in
pairs of tumour and normal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse

from workflow_scripts.contracts.splits import NAMES

# What a label needs first: nothing is learned or told without it.
URGENT = [NAMES.index(name) for name in ("train", "test", "validation")]
# The cost of a label's absence from each split: above that of any distance.
ABSENCE = np.array([{"train": 4e6, "test": 2e6, "validation": 1e6}[name] for name in NAMES])
# The weight of unlabelled samples, and of all together, against that of a label.
LIGHT = 0.1
DEALS = 8  # drawn one after another until one leaves no label wanting
TRIED = 20  # moves of one label's groups for which a partner to exchange with is sought, the best first


@dataclass(frozen=True)
class Cohort:
    """Groups x columns: the labels, among them "" for unlabelled samples, and as the last one all samples."""

    counts: scipy.sparse.csr_array  # samples
    holds: scipy.sparse.csr_array  # 1 where there are any
    labelled: np.ndarray  # of each column whether it is a label, bool
    largest: np.ndarray  # samples of its largest group
    small: np.ndarray  # whether all splits but the largest want no more than that together, bool
    weight: np.ndarray  # of its squared distance (samples^-2)


@dataclass
class Dealt:
    """Where the groups are, and what follows of it."""

    split: np.ndarray  # of each group, its position in NAMES
    lacking: np.ndarray  # columns x splits: wanted samples less those that are there
    present: np.ndarray  # columns x splits: groups there that hold the label


def assign_splits(groups: list[str], labels: list[str], fractions: dict[str, float], seed: int) -> dict[str, str]:
    """Return connected group -> split, stratified by label as far as whole groups allow.

    `groups` and `labels` ("": unlabelled) are per sample, in any order; `seed` draws which of equal groups go
    where. Small labels are everywhere first: in train, then in test, then in validation, as far as their groups
    last. A label whose largest group is all that the two smaller splits want together may miss its parts by that.

    Of any other label each split gets the wanted number of samples, off by less than the label's largest group:
    by less than one sample where patients have one of each label.

    Both are certain where each group holds one label, and where those of two labels (tumour and normal of a patient)
    stand beside others of one. Groups of many labels at once can rule them out for labels of a few groups; what
    remains then, no move of a group of that label and none of the exchanges tried would lessen. Unlabelled samples
    and the sum of all count less than labels.
    """
    names, cohort = _cohort(groups, labels, fractions)
    rng = np.random.default_rng(seed)
    best, fewest = None, np.inf
    for _ in range(DEALS):
        dealt = _deal(cohort, [fractions[name] for name in NAMES], rng)
        _mend(cohort, dealt)
        wanting = len(_wanting(cohort, dealt))
        if wanting < fewest:
            best, fewest = dealt, wanting
        if not wanting:
            break
    return {name: NAMES[split] for name, split in zip(names, best.split, strict=True)}


def _cohort(groups: list[str], labels: list[str], fractions: dict[str, float]) -> tuple[list[str], Cohort]:
    """The names of the groups, sorted, and what they hold."""
    of_group, names = pd.factorize(np.array(groups, object), sort=True)
    of_label, kinds = pd.factorize(np.array(labels, object), sort=True)
    rows, columns = np.tile(of_group, 2), np.concatenate([of_label, np.full(len(groups), len(kinds))])
    shape = (len(names), len(kinds) + 1)
    counts = scipy.sparse.coo_array((np.ones(len(rows)), (rows, columns)), shape).tocsr()
    labelled = np.append(kinds != "", False)
    largest, samples = counts.max(axis=0).toarray(), counts.sum(axis=0)
    small = samples * (1 - max(fractions.values())) <= largest
    weight = np.where(labelled, 1, LIGHT) / largest**2
    return list(names), Cohort(counts, counts.sign(), labelled, largest, small, weight)


def _deal(cohort: Cohort, fractions: list[float], rng: np.random.Generator) -> Dealt:
    """Deal the groups out by their rarest label, rare ones first, and of each the largest groups first.

    What a split lacks of a label is counted on the groups dealt so far: counted on all, a common label would draw
    to train what holds a rare one, too. The last groups of a label go to the splits that are without it.
    """
    counts, weight = cohort.counts, cohort.weight.tolist()
    holders = np.bincount(counts.indices)
    rank = np.argsort(np.lexsort((holders, ~cohort.labelled)))
    rarest = np.minimum.reduceat(rank[counts.indices], counts.indptr[:-1])
    size = np.add.reduceat(counts.data / cohort.largest[counts.indices], counts.indptr[:-1])
    order = np.lexsort((rng.permutation(len(size)), -size, rarest))

    # Lists and loops: a group holds a few columns, too few for arrays to be faster.
    starts, columns, samples = counts.indptr.tolist(), counts.indices.tolist(), counts.data.tolist()
    lacking = [[0.0] * len(NAMES) for _ in weight]
    present = [[0] * len(NAMES) for _ in weight]
    remaining = holders.tolist()
    without = [list(URGENT) if label else [] for label in cohort.labelled]
    split = np.empty(len(order), np.int64)
    for group in order.tolist():
        held = [(columns[at], samples[at]) for at in range(starts[group], starts[group + 1])]
        relief = [0.0] * len(NAMES)
        for column, count in held:
            for name, fraction in enumerate(fractions):
                lacking[column][name] += fraction * count
                relief[name] += weight[column] * count * lacking[column][name]
        allowed = list(range(len(NAMES)))
        for column, _ in sorted(held, key=lambda item: remaining[item[0]]):
            if remaining[column] <= len(without[column]):
                urgent = without[column][: remaining[column]]
                allowed = [name for name in allowed if name in urgent] or allowed
        best = max(allowed, key=relief.__getitem__)
        split[group] = best
        for column, count in held:
            lacking[column][best] -= count
            present[column][best] += 1
            remaining[column] -= 1
            if best in without[column]:
                without[column].remove(best)
    return Dealt(split, np.array(lacking), np.array(present))


def _mend(cohort: Cohort, dealt: Dealt) -> None:
    """Move and exchange groups of the labels that are missing or off by a whole group, while that helps."""
    by_label = cohort.counts.tocsc()
    for label in _wanting(cohort, dealt):
        holders = by_label.indices[by_label.indptr[label] : by_label.indptr[label + 1]]
        while label in _wanting(cohort, dealt) and _improve(cohort, dealt, holders):
            pass


def _wanting(cohort: Cohort, dealt: Dealt) -> list[int]:
    """The labels that miss a split which their groups would last for, or are off by a whole group in one."""
    holders = dealt.present.sum(axis=1, keepdims=True)
    missing = (dealt.present[:, URGENT] == 0) & (np.arange(len(URGENT)) < holders)
    off = np.abs(dealt.lacking).max(axis=1) >= cohort.largest * (1 - 1e-9)
    return np.flatnonzero(cohort.labelled & (missing.any(axis=1) | (off & ~cohort.small))).tolist()


def _improve(cohort: Cohort, dealt: Dealt, holders: np.ndarray) -> bool:
    """Make the best move of one of these groups, else an exchange of one for another; False where none helps."""
    gains = _gains(cohort, dealt)
    for at in np.argsort(-gains[holders], axis=None, kind="stable")[:TRIED].tolist():
        group, to = holders[at // len(NAMES)], at % len(NAMES)
        left = dealt.split[group]
        if gains[group, to] > 1e-9:
            _move(cohort, dealt, group, to)
            return True
        if left != to and (dealt.split == to).any():
            exchange = gains[group, to] + gains[:, left] + _shared(cohort, dealt, group, left, to)
            partner = np.where(dealt.split == to, exchange, -np.inf).argmax()
            if exchange[partner] > 1e-9:
                _move(cohort, dealt, group, to)
                _move(cohort, dealt, partner, left)
                return True
    return False


def _gains(cohort: Cohort, dealt: Dealt) -> np.ndarray:
    """Groups x splits: by how much the move of a group to there lessens half the cost; 0 where it is."""
    here = (np.arange(len(dealt.split)), dealt.split)
    pull = cohort.counts @ (cohort.weight[:, None] * dealt.lacking)
    entered = cohort.holds @ _absence(cohort, dealt.present == 0)
    left = cohort.holds @ _absence(cohort, dealt.present == 1)
    own = cohort.counts**2 @ cohort.weight
    gains = pull + entered - (pull[here] + left[here] + own)[:, None]
    gains[here] = 0
    return gains


def _shared(cohort: Cohort, dealt: Dealt, group: int, left: int, to: int) -> np.ndarray:
    """What an exchange of `group`, in `left`, for each group in `to` gains above the moves of both.

    Of a label that both hold only the difference changes places, and neither split is left without it.
    """
    row = cohort.counts[[group]].toarray()[0]
    last = _absence(cohort, dealt.present == 1)[:, [left, to]].sum(axis=1)
    return 2 * (cohort.counts @ (cohort.weight * row)) + cohort.holds @ (last * (row > 0))


def _absence(cohort: Cohort, where: np.ndarray) -> np.ndarray:
    """The cost of a label's absence at the places (columns x splits) that `where` tells, else 0."""
    return ABSENCE * (where & cohort.labelled[:, None])


def _move(cohort: Cohort, dealt: Dealt, group: int, to: int) -> None:
    held = slice(*cohort.counts.indptr[group : group + 2])
    columns, samples = cohort.counts.indices[held], cohort.counts.data[held]
    left = dealt.split[group]
    dealt.lacking[columns, left] += samples
    dealt.lacking[columns, to] -= samples
    dealt.present[columns, left] -= 1
    dealt.present[columns, to] += 1
    dealt.split[group] = to
