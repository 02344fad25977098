"""Baselines that read sequence alone, linear in what they count of it around a bin, on the strand that they predict.

Each strand of a window is a row of bins in its own direction: what is learned of one holds for the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from workflow_scripts.io.bases import UNKNOWN, reverse_complement
from workflow_scripts.seq2track import ridge
from workflow_scripts.seq2track.track_baselines import Known, Part

MOST_WINDOWS = 300  # of training that are looked at
NEAR, FAR = 64, 1024  # bp around a bin in which is counted
K = 4
Features = Callable[[np.ndarray, int, int], np.ndarray]


def gc_linear(known: Known, track: int) -> np.ndarray:
    """Linear in the shares of G or C, and of CG, near a bin and in its surroundings."""
    return _linear(known, track, composition)


def kmer_ridge(known: Known, track: int) -> np.ndarray:
    """Ridge regression on the numbers of each 4-mer near a bin and in its surroundings."""
    return _linear(known, track, kmers)


def composition(codes: np.ndarray, bin: int, context: int) -> np.ndarray:
    """(N, 4) float32 of a stretch of bases with the context."""
    strong = (codes == 1) | (codes == 2)
    pairs = np.zeros(len(codes), bool)
    pairs[:-1] = (codes[:-1] == 1) & (codes[1:] == 2)
    each = np.stack([strong, pairs], axis=1).astype(np.float32).reshape(-1, bin, 2).sum(1)
    return _around(each, bin, context)


def kmers(codes: np.ndarray, bin: int, context: int) -> np.ndarray:
    """(N, 2 x 4^K) float32; a k-mer is of the bin of its first base, one with an unknown base is none."""
    bins, number = len(codes) // bin, 4**K
    count = len(codes) - K + 1
    word, unknown = np.zeros(count, np.int64), np.zeros(count, bool)
    for at in range(K):
        here = codes[at : at + count]
        word, unknown = word * 4 + np.minimum(here, 3), unknown | (here == UNKNOWN)
    place = (np.arange(count) // bin * number + word)[~unknown]
    each = np.bincount(place, minlength=bins * number).reshape(bins, number).astype(np.float32)
    return _around(each, bin, context)


def _around(each: np.ndarray, bin: int, context: int) -> np.ndarray:
    """Means over NEAR and FAR bp around each bin that is not of the context; each (bins, F)."""
    running = np.concatenate([np.zeros((1, each.shape[1])), np.cumsum(each, axis=0, dtype=float)])
    inner = np.arange(context // bin, len(each) - context // bin)
    parts = []
    for reach in (NEAR, FAR):
        half = max(0, reach // bin // 2)
        first, last = np.maximum(inner - half, 0), np.minimum(inner + half + 1, len(each))
        parts.append((running[last] - running[first]) / ((last - first) * bin)[:, None])
    return np.concatenate(parts, axis=1).astype(np.float32)


def _linear(known: Known, track: int, features: Features) -> np.ndarray:
    windows, store = known.windows, known.windows.store

    def views(row: int) -> Iterator[tuple[int, np.ndarray]]:
        """The features of both strands of a window, each in its own direction."""
        codes = windows.codes(row)
        for side, strand in enumerate((codes, reverse_complement(codes))):
            yield side, features(strand, store.bin, windows.context)

    def blocks(part: Part) -> Iterator[ridge.Block]:
        for number, row in enumerate(part.rows[:MOST_WINDOWS]):
            for side, found in views(row):
                step = 1 if side == 0 else -1
                kept = part.mask[number, track + side, ::step]
                signal = part.signal[number, track + side, ::step]
                yield found[kept], signal[kept].astype(float), np.ones(kept.sum())

    weights, constant = ridge.fit(blocks(known.train), lambda: blocks(known.validation))
    said = np.zeros((len(known.test.rows), 2, store.bins), np.float32)
    for number, row in enumerate(known.test.rows):
        for side, found in views(row):
            said[number, side] = np.maximum(found @ weights + constant, 0)[:: 1 if side == 0 else -1]
    return said
