"""Bases as small numbers: A, C, G, T are 0 to 3, whatever their case, and all else is `UNKNOWN`."""

from __future__ import annotations

import numpy as np

UNKNOWN = 4
COMPLEMENT = np.array([3, 2, 1, 0, UNKNOWN], np.uint8)
_LETTERS = np.array(list("ACGTN"))
_CODES = np.full(256, UNKNOWN, np.uint8)
for _code, _letters in enumerate(("Aa", "Cc", "Gg", "Tt")):
    _CODES[np.frombuffer(_letters.encode(), np.uint8)] = _code


def encode(sequence: str) -> np.ndarray:
    """The codes (uint8) of a sequence."""
    return _CODES[np.frombuffer(sequence.encode("latin-1"), np.uint8)]


def decode(codes: np.ndarray) -> str:
    """The sequence of codes (L,), an unknown base as N."""
    return "".join(_LETTERS[codes])


def reverse_complement(codes: np.ndarray) -> np.ndarray:
    """The codes (..., L) of the other strand, in its own direction."""
    return COMPLEMENT[codes[..., ::-1]]
