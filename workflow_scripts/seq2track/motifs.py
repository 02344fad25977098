"""Motifs in MEME's minimal format (https://meme-suite.org/meme/doc/meme-format.html), and where they stand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.text import whole_lines

PSEUDO = 0.001  # is added to each probability, so that none is 0
STEPS = 100  # of a bit, in which scores are counted for the threshold
SHARE = r"(0?\.\d*[1-9]\d*)"  # above 0, below 1
BACKGROUND = re.compile(f"A {SHARE} C {SHARE} G {SHARE} T {SHARE}")


class Motif(NamedTuple):
    name: str
    log_odds: np.ndarray  # (w, 4) float64, bits, against the background
    threshold: float  # bits: the least score that `max_p` allows


def read(path: Path, max_p: float) -> list[Motif]:
    """The motifs of a file; raise BadInput, with the line, where it is none or not of DNA.

    A background that the file does not tell is even. max_p: how likely a random sequence, drawn from the background,
    may reach the score of a hit.
    """
    remedy = "Give motifs in MEME's minimal format, with an alphabet of ACGT."

    def refuse(line: int, reason: str) -> BadInput:
        return BadInput(path, f"line {line}", reason, remedy)

    background, name, left, rows, found = np.full(4, 0.25), "", 0, [], []
    number, version = 0, False
    for number, line in whole_lines(path):
        words = line.split()
        if left:
            try:
                rows.append([float(word) for word in words])
                row = np.array(rows[-1])
            except ValueError:
                row = np.empty(0)
            if len(row) != 4 or not (row >= 0).all() or abs(row.sum() - 1) > 0.02:
                raise refuse(number, "holds no probabilities of four bases")
            left -= 1
            if not left:
                found.append(_motif(name, np.array(rows), background, max_p))
        elif line.startswith("MEME version"):
            version = True
        elif line.startswith("ALPHABET") and words[-1] not in ("ACGT", "ALPHABET=ACGT"):
            raise refuse(number, "tells another alphabet")
        elif match := BACKGROUND.fullmatch(" ".join(words)):
            background = np.array([float(share) for share in match.groups()])
        elif line.startswith("MOTIF") and len(words) > 1:
            name, rows = words[1], []
        elif line.startswith("letter-probability matrix"):
            width = re.search(r"w= *(\d+)", line)
            if not version or not name or not width or int(width[1]) < 1:
                raise refuse(number, "is no matrix of a motif with a name and its width w")
            left = int(width[1])
    if left or not found:
        raise refuse(number, "ends before a motif does" if left else "no motif was found")
    if len({motif.name for motif in found}) < len(found):
        raise refuse(number, "two motifs have one name")
    return found


def _motif(name: str, rows: np.ndarray, background: np.ndarray, max_p: float) -> Motif:
    share = (rows + PSEUDO) / (rows + PSEUDO).sum(-1, keepdims=True)
    log_odds = np.log2(share / background)
    return Motif(name, log_odds, threshold(log_odds, background, max_p))


def threshold(log_odds: np.ndarray, background: np.ndarray, max_p: float) -> float:
    """The least score (bits) that a sequence of independent bases of the background reaches with p of at most max_p.

    The distribution of scores is that of the sum over places, counted in steps of 1 / STEPS bit that are rounded up
    (Staden 1989); so p is not underestimated. Where even the best sequence is too likely it is above the best score.
    """
    steps = np.ceil(log_odds * STEPS).astype(int)
    low = int(steps.min(1).sum())
    chance = np.ones(1)
    for row in steps - steps.min(1, keepdims=True):
        longer = np.zeros(len(chance) + row.max())
        for more, share in zip(row, background, strict=True):
            longer[more : more + len(chance)] += share * chance
        chance = longer
    at_least = chance[::-1].cumsum()[::-1]
    return (low + int((at_least > max_p).sum())) / STEPS


def scores(motif: np.ndarray, bases: np.ndarray) -> np.ndarray:
    """Log-odds (R, P) float64 of a motif (w, 4) at each place of bases (R, L), -inf where one is unknown."""
    table = np.pad(motif, ((0, 0), (0, 1)), constant_values=-np.inf)
    places = sliding_window_view(bases, len(motif), axis=1)
    return sum(table[at][places[..., at]] for at in range(len(table)))


def other_strand(motif: np.ndarray) -> np.ndarray:
    """The motif as it reads where it stands on the other strand."""
    return motif[::-1, ::-1]
