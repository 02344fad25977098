"""How much signal a reading frame has, as its codons tell: a number for each codon, learned of the windows of training.

Genes that are transcribed much are made of other codons (Sharp and Li 1987, doi:10.1093/nar/15.3.1281). Ridge
regression (Hoerl and Kennard 1970) of the logarithm of a frame's signal on the shares of its codons; a frame that is
no gene, such as one against the direction of a gene, is a frame with little signal.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from sklearn.linear_model import RidgeCV

from workflow_scripts.io.errors import BadInput
from workflow_scripts.seq2track import channels, data

MOST_WINDOWS = 4000  # of training, evenly among all
AT_ONCE = 16  # windows
LEAST_BINS = 8  # of a reading frame that count
PRIOR = 4.0  # bins of mean signal that a frame is thought to have beside its own
PENALTIES = np.logspace(-4, 3, 15)


def fit(windows: data.Windows, rows: np.ndarray, scale: np.ndarray, min_codons: int) -> np.ndarray:
    """Levels (65,) float32 of codons, see `channels`: their mean over a frame is ln of its signal, 0 of the mean one.

    rows: windows of training; scale (T,): the mean signal of a bin of each track. Raises BadInput where there are too
    few reading frames.
    """
    rows = rows[np.unique(np.linspace(0, len(rows) - 1, min(len(rows), MOST_WINDOWS)).astype(int))]
    found = list(_of_frames(windows, rows, scale, min_codons))
    if len(found) <= channels.UNKNOWN_CODON:
        reason = f"{len(found)} reading frames of {min_codons} codons in the windows of training"
        raise BadInput("configuration", "seq2track", reason, "Give channels less min_codons, or do without level.")
    shares, levels = (np.array(of) for of in zip(*found, strict=True))
    ridge = RidgeCV(PENALTIES).fit(shares, levels - levels.mean())
    return np.append(ridge.coef_ + ridge.intercept_, 0.0).astype(np.float32)  # shares add up to 1


def _of_frames(
    windows: data.Windows, rows: np.ndarray, scale: np.ndarray, min_codons: int
) -> Iterator[tuple[np.ndarray, float]]:
    """Shares of codons (64,), and ln of the mean signal of a bin as a multiple of the mean, of each reading frame."""
    for at in range(0, len(rows), AT_ONCE):
        chosen = rows[at : at + AT_ONCE]
        codes = np.stack([windows.codes(row) for row in chosen])
        values, mask = windows.store.rows(chosen)
        forward = codes, values / scale[:, None], mask
        for codes, values, mask in (forward, data.flip(*forward, windows.swap)):
            yield from _of_strand(codes, values[:, ::2].mean(1), mask[:, ::2].all(1), windows, min_codons)


def _of_strand(
    codes: np.ndarray, signal: np.ndarray, usable: np.ndarray, windows: data.Windows, min_codons: int
) -> Iterator[tuple[np.ndarray, float]]:
    """codes (B, L); signal and usable (B, N), of the strand as it is read, of all tracks together."""
    bin, bins = windows.store.bin, windows.store.bins
    found = channels.frames(torch.from_numpy(codes.copy()).long(), min_codons)
    codon, end = found.codon.numpy(), found.end.numpy()
    begins = found.inside & (found.begin == torch.arange(codon.shape[1])[None, :, None])
    for window, begin, frame in begins.nonzero().numpy():
        stop = end[window, begin, frame]
        first, last = (3 * place + frame - windows.context for place in (begin, stop))  # bp from the window's own start
        own = slice(max(0, -(-first // bin)), max(0, min(bins, last // bin)))
        kept = signal[window, own][usable[window, own]]
        shares = np.bincount(codon[window, begin:stop, frame], minlength=channels.UNKNOWN_CODON + 1)[:-1]
        if len(kept) >= LEAST_BINS and shares.sum():
            yield shares / shares.sum(), float(np.log((kept.sum() + PRIOR) / (len(kept) + PRIOR)))
