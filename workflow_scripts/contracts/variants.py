"""Variants: the names of what an ablation trains, as `parts+no_context+2`: ablation, change, seed.

To the rules that train, embed and score, a variant is a run like any other, with a folder of its name,
`results/bulk/{variant}/`. A plus stands in no name that a user gives. The run as it is has a change, too: `unchanged`.
"""

from __future__ import annotations

from typing import NamedTuple

UNCHANGED = "unchanged"


class Variant(NamedTuple):
    ablation: str
    change: str
    seed: str  # a number

    @property
    def name(self) -> str:
        return "+".join(self)


def parse(name: str) -> Variant:
    return Variant(*name.split("+"))
