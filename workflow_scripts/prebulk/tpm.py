"""Transcripts per million (TPM)."""

from __future__ import annotations

import numpy as np


def tpm(counts: np.ndarray, length: np.ndarray) -> np.ndarray:
    """Return TPM of `counts` (genes x samples) with gene `length` (genes, bp); every column adds up to 1e6.

    TPM_g = 1e6 * (c_g / l_g) / sum_h (c_h / l_h), Li, Ruotti, Stewart, Thomson and Dewey, Bioinformatics 26:493
    (2010); Wagner, Kin and Lynch, Theory in Biosciences 131:281 (2012). It holds within the genes given: a
    subset of genes is normalized anew from its counts. Every sample needs at least one count.
    """
    rate = counts / length[:, None]
    rate *= 1e6 / rate.sum(axis=0)
    return rate


def log_tpm(counts: np.ndarray, length: np.ndarray) -> np.ndarray:
    """Natural logarithm of TPM + 1, float32; shapes as in `tpm`."""
    found = tpm(counts, length)
    return np.log1p(found, out=found).astype(np.float32)
