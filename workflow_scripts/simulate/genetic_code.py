"""The genetic code: codons to residues."""

from __future__ import annotations

from itertools import product

import numpy as np

# The standard code (NCBI translation table 1), codons in the order of the bases T, C, A, G.
CODE = dict(
    zip(
        ("".join(codon) for codon in product("TCAG", repeat=3)),
        "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
        strict=True,
    )
)
SENSE_CODONS = [codon for codon, residue in CODE.items() if residue != "*"]
STOP_CODONS = [codon for codon, residue in CODE.items() if residue == "*"]


def translate(coding: str) -> str:
    """The residues of an upper-case coding sequence, stop codons as `*`; an incomplete codon at its end is left out."""
    return "".join(CODE[coding[at : at + 3]] for at in range(0, len(coding) - 2, 3))


def first_stop(bases: np.ndarray) -> int | None:
    """End (bp) of the first stop codon in frame of `bases` (uint8 ASCII); None where there is none."""
    at = translate(bases.tobytes().decode()).find("*")
    return None if at < 0 else 3 * at + 3
