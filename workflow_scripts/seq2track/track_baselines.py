"""The registry of baselines from sequence, and from annotated genes, to tracks.

One entry a line: the key is the name in the Metrics table, `function` fits it to windows of training and predicts those
of the fold that is held out:

    function(known: Known, track: int) -> (W, 2, N) float32, expected signal of both strands, the plus strand first

`known` holds no signal of the fold. What is read of the genome is read window by window, or gene by gene. To add a
baseline, write one function, add its line, and in `evaluation/models.py` what it is called where people read of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from workflow_scripts.seq2track.data import Windows
from workflow_scripts.seq2track.genes import Placed, place

BASELINES = {
    "gc_linear": "workflow_scripts.seq2track.sequence_baselines.gc_linear",
    "kmer_ridge": "workflow_scripts.seq2track.sequence_baselines.kmer_ridge",
    "mean_profile": "workflow_scripts.seq2track.gene_baselines.mean_profile",
    "profile_and_level": "workflow_scripts.seq2track.gene_baselines.profile_and_level",
    "linear_composite": "workflow_scripts.seq2track.gene_baselines.linear_composite",
}
OF_SEQUENCE = ("gc_linear", "kmer_ridge")
TOLD = ("mean_profile", "profile_and_level", "linear_composite")  # where genes are


@dataclass
class Part:
    """Some windows of the store: their rows, the genes that lie within them, and their signal where it may be known."""

    rows: np.ndarray  # (W,) int64
    genes: list[Placed]
    signal: np.ndarray | None = None  # (W, T, N) float32
    mask: np.ndarray | None = None  # (W, T, N) bool

    def flat(self, track: int) -> tuple[np.ndarray, np.ndarray]:
        """Signal and mask (2, W x N) of both strands of a track."""
        return tuple(flatten(of[:, track : track + 2]) for of in (self.signal, self.mask))


@dataclass
class Known:
    """What a baseline may know: everything of some windows, and of the windows held out sequence and genes."""

    windows: Windows
    train: Part  # at most so many windows as are asked for, at random
    validation: Part
    test: Part  # without signal
    seed: int
    made: dict[Any, Any] = field(default_factory=dict)  # what several baselines need, made once


def flatten(values: np.ndarray) -> np.ndarray:
    """(W, S, N) as (S, W x N)."""
    return values.swapaxes(0, 1).reshape(values.shape[1], -1)


def unflatten(values: np.ndarray, bins: int) -> np.ndarray:
    """(S, W x N) as (W, S, N)."""
    return values.reshape(len(values), -1, bins).swapaxes(0, 1)


def part(windows: Windows, bodies: pd.DataFrame, rows: np.ndarray, known: bool = True) -> Part:
    """Windows and their genes, with their signal if it is `known`."""
    genes = place(bodies, windows.table, rows, windows.store.bin, windows.store.bins)
    return Part(rows, genes, *(windows.store.rows(rows) if known else (None, None)))
