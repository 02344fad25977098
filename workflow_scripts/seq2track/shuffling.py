"""Sequence with its bases in another order and the same dinucleotides.

A random walk that takes every step of the sequence once, an Eulerian path; all such sequences are equally likely
(Altschul and Erickson 1985, doi:10.1093/oxfordjournals.molbev.a040370). First and last base stay where they are.
"""

from __future__ import annotations

import numpy as np

from workflow_scripts.io.bases import UNKNOWN


def dinucleotide_shuffled(codes: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """`codes` (L,) uint8, each stretch of known bases shuffled by itself; unknown bases stay in their places."""
    found = codes.copy()
    known = np.concatenate([[False], codes != UNKNOWN, [False]])
    borders = np.flatnonzero(known[1:] != known[:-1])
    for start, end in borders.reshape(-1, 2):
        found[start:end] = _walk(codes[start:end], generator)
    return found


def _walk(codes: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    steps = {base: codes[1:][codes[:-1] == base] for base in np.unique(codes[:-1])}  # where one goes from a base
    last = int(codes[-1])
    while True:  # the last step from each base: together they have to lead to the end
        final = {base: int(generator.choice(after)) for base, after in steps.items() if base != last}
        if all(_leads(base, final, last) for base in final):
            break
    queues = {}
    for base, after in steps.items():
        rest = list(after)
        if base in final:
            rest.remove(final[base])
        order = [int(each) for each in generator.permutation(rest)]
        queues[base] = iter([*order, final[base]] if base in final else order)
    found = np.empty_like(codes)
    found[0] = codes[0]
    for place in range(1, len(codes)):
        found[place] = next(queues[found[place - 1]])
    return found


def _leads(base: int, final: dict[int, int], last: int) -> bool:
    """Whether the final steps go from a base to the last one."""
    for _ in range(len(final)):
        base = final.get(base, last)
    return base == last
