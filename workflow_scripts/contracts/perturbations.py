"""How what is done to a circuit is written, in every table and in Python; with the standard library and numpy alone.

`GENE:knockout`, `GENE:knockdown:0.5` (the share of its rate that is left), `GENE:overexpression:2` (times its rate),
`COMPOUND:chemical:10` (dose); several at once are joined by `+`, and "" is none.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from workflow_scripts.io.errors import BadInput

KINDS = {"knockout": False, "knockdown": True, "overexpression": True, "chemical": True}  # kind: whether it has a dose
REMEDY = "Name a perturbation as GENE:knockout, GENE:knockdown:0.5, GENE:overexpression:2 or COMPOUND:chemical:10."


class Perturbation(NamedTuple):
    """What is done to a gene, or with a compound; dose: what is left of the gene's rate, times its rate, or a dose."""

    target: str
    kind: str
    dose: float

    def __str__(self) -> str:
        return f"{self.target}:{self.kind}:{self.dose:g}" if KINDS[self.kind] else f"{self.target}:{self.kind}"


def joined(perturbations: list[Perturbation]) -> str:
    """The text of several perturbations at once, sorted, so that the same ones have the same text."""
    return "+".join(sorted(map(str, perturbations)))


def parsed(text: str, where: Path | str) -> list[Perturbation]:
    """The perturbations of such a text; raise BadInput, which names `where`, on any other."""
    found = []
    for part in filter(None, text.split("+")):
        target, kind, dose = ([*part.split(":"), "", ""])[:3]
        known = target and kind in KINDS and part.count(":") == (2 if KINDS[kind] else 1)
        try:
            amount = float(dose) if known and KINDS[kind] else 0.0
        except ValueError:
            amount = -1.0
        if not known or not (np.isfinite(amount) and amount >= 0):
            raise BadInput(where, f"perturbation {text!r}", f"{part!r} is none", REMEDY)
        found.append(Perturbation(target, kind, amount))
    return found
