"""Which words stand in seqlets more often than in the rest of the same regions.

A k-mer, or a motif in one orientation, stands at a place of a region or does not; so places are counted in a table of
two by two, and held against chance with all margins fixed (Fisher's exact test, one-sided: more in seqlets). Places
overlap: those of a word that repeats itself (AAAAAA) are not independent, and their p is too small.

Shapes: R regions of L bp, P = L - k + 1 places of a word of k bp.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from scipy.stats import false_discovery_control, hypergeom

from workflow_scripts.contracts.word_enrichment import COUNTS
from workflow_scripts.io.bases import UNKNOWN, decode


def kmer_numbers(bases: np.ndarray, k: int) -> np.ndarray:
    """The k-mer of each place, (R, P) int64, its bases digits to the base of 4; -1 where one is unknown."""
    places = sliding_window_view(bases, k, axis=1).astype(np.int64)
    return np.where((places == UNKNOWN).any(-1), -1, places @ 4 ** np.arange(k)[::-1])


def of_kmers(bases: np.ndarray, inside: np.ndarray, k: int) -> pd.DataFrame:
    """Counts of each k-mer that stands in the regions; a place is in a seqlet where all of its bases are.

    bases (R, L) uint8; inside (R, L) bool: in seqlets of one sign.
    """
    numbers = kmer_numbers(bases, k)
    whole = sliding_window_view(inside, k, axis=1).all(-1)
    here, rest = (np.bincount(numbers[(numbers >= 0) & of], minlength=4**k) for of in (whole, ~whole))
    seen = np.flatnonzero(here + rest)
    words = [decode(number // 4 ** np.arange(k)[::-1] % 4) for number in seen]
    return pd.DataFrame({"word": words, "orientation": "+", **_counts(here[seen], rest[seen], here.sum(), rest.sum())})


def of_hits(hits: np.ndarray, fits: np.ndarray, inside: np.ndarray) -> dict[str, int]:
    """Counts of one motif: hits (R, P) bool, of the places (R, P) bool that it `fits`; inside: of the middle bases."""
    here, rest = (int((hits & of).sum()) for of in (inside, ~inside))
    return _counts(here, rest, int((fits & inside).sum()), int((fits & ~inside).sum()))


def _counts(inside: np.ndarray, rest: np.ndarray, all_inside: int, all_rest: int) -> dict[str, np.ndarray]:
    return dict(zip(COUNTS, (inside, all_inside - inside, rest, all_rest - rest), strict=True))


def tested(counts: pd.DataFrame) -> pd.DataFrame:
    """The counts with odds_ratio, p and q of each row, by p; rows are corrected for each other."""
    a, b, c, d = (counts[name].to_numpy("int64") for name in COUNTS)
    p = hypergeom.sf(a - 1, a + b + c + d, a + c, a + b).clip(0, 1)
    odds = (a + 0.5) * (d + 0.5) / ((b + 0.5) * (c + 0.5))
    q = false_discovery_control(p) if len(p) else p
    found = counts.assign(odds_ratio=odds, p=p, q=q)
    return found.sort_values(["p", "odds_ratio", "word"], ascending=[True, False, True], ignore_index=True)
