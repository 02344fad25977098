"""Windows of the genome and of the TrackStore beside each other, and the random parts of training.

Nothing here keeps a random state: the order of an epoch, its shifts and its strands are functions of (seed, epoch,
step), so that a training that was killed goes on exactly as if it had not been. A batch is read when it is asked for;
neither the genome nor the store is ever held as a whole.

Shapes: B windows, L bp of sequence, T tracks (both strands of each), N bins.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch

from workflow_scripts.contracts.track_store import TrackStore
from workflow_scripts.io.bases import reverse_complement
from workflow_scripts.io.errors import BadInput
from workflow_scripts.io.files import digest
from workflow_scripts.seq2track.sequence import Sequences
from workflow_scripts.seq2track.stranded import strand_swap
from workflow_scripts.training.part import WHOLE, Part

ORDER, AUGMENTATION = 0, 1  # the first number of a seed: which of the independent streams it is; 3 is dropout's
READ_AT_ONCE = 64  # windows of which targets are read together, where all are


class Batch(NamedTuple):
    """What one step sees."""

    codes: torch.Tensor  # (B, L) uint8, bases
    targets: torch.Tensor  # (B, T, N) float32
    mask: torch.Tensor  # (B, T, N) bool, True where the signal counts


class Split(NamedTuple):
    """Which windows a model is trained on, chosen by, and which it must not see: rows of the store, int64."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def split(windows: pd.DataFrame, fold: int) -> Split:
    """The windows of the model whose test fold is `fold`: the fold before it is for validation, the last before 0."""
    folds = windows["fold"].to_numpy()
    validation = (fold - 1) % (folds.max() + 1)
    return Split(*map(np.flatnonzero, ((folds != fold) & (folds != validation), folds == validation, folds == fold)))


def flip(
    codes: np.ndarray, targets: np.ndarray, mask: np.ndarray, swap: list[int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same windows as they are on the other strand: reversed, complemented, plus and minus tracks exchanged.

    Done twice it changes nothing. codes (B, L), targets and mask (B, T, N).
    """
    return reverse_complement(codes), targets[:, swap, ::-1], mask[:, swap, ::-1]


class Windows:
    """Windows of a TrackStore with the sequence of each, and `context` bp of it at either side."""

    def __init__(self, genome: Path, index: Path, store: Path, windows: pd.DataFrame, context: int) -> None:
        """Raises BadInput where the store was not made of this genome."""
        self.sequences, self.store, self.table = Sequences(genome, index), TrackStore(store, windows), windows
        if self.store.genome != digest(genome):
            raise BadInput(store, "genome", "made of another genome", "Run make_targets again.")
        self.context = context
        self.swap = strand_swap(self.store.tracks)
        self._place = {key: row for row, key in enumerate(zip(windows["chrom"], windows["start"], strict=True))}

    @property
    def width(self) -> int:
        """bp of a window."""
        return self.store.bin * self.store.bins

    def codes(self, row: int, shift: int = 0) -> np.ndarray:
        """The bases (L,) of a window that is moved by so many bins, with the context."""
        chrom, start = self.table["chrom"].iat[row], int(self.table["start"].iat[row]) + shift * self.store.bin
        return self.sequences.codes(chrom, start - self.context, start + self.width + self.context)

    def targets(self, rows: np.ndarray, shifts: np.ndarray, allowed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Signal and mask (B, T, N) of windows moved by so many bins, fewer than a window has.

        What comes into a moved window is of its neighbour, if that is `allowed` (windows, bool), and else masked.
        """
        beside = np.array([self._neighbour(row, shift, allowed) for row, shift in zip(rows, shifts, strict=True)])
        values, mask = self.store.rows(np.concatenate([rows, np.where(beside < 0, rows, beside)]))
        (own, other), (of_own, of_other) = np.split(values, 2), np.split(mask, 2)
        of_other = of_other & (beside >= 0)[:, None, None]
        values, mask = np.empty_like(own), np.empty_like(of_own)
        for at, shift in enumerate(shifts):
            values[at], mask[at] = (_moved(*pair, shift) for pair in ((own[at], other[at]), (of_own[at], of_other[at])))
        return values, mask

    def _neighbour(self, row: int, shift: int, allowed: np.ndarray) -> int:
        """The row of the window that a moved one reaches into, -1 for none that is allowed."""
        start = int(self.table["start"].iat[row]) + int(np.sign(shift)) * self.width
        found = self._place.get((self.table["chrom"].iat[row], start), -1)
        return found if shift and found >= 0 and allowed[found] else -1

    def batch(self, rows: np.ndarray, shifts: np.ndarray, flips: np.ndarray, allowed: np.ndarray) -> Batch:
        """The windows `rows`, moved by `shifts` bins, those of `flips` (bool) as they are on the other strand."""
        codes = np.stack([self.codes(row, shift) for row, shift in zip(rows, shifts, strict=True)])
        targets, mask = self.targets(rows, shifts, allowed)
        if flips.any():
            codes[flips], targets[flips], mask[flips] = flip(codes[flips], targets[flips], mask[flips], self.swap)
        return Batch(*map(torch.from_numpy, (codes, targets, mask)))


def _moved(own: np.ndarray, other: np.ndarray, shift: int) -> np.ndarray:
    """N bins (T, N) from `shift` bins after the first of `own` on, of which `other` is the neighbour on that side."""
    if shift >= 0:
        return np.concatenate([own[:, shift:], other[:, :shift]], axis=1)
    return np.concatenate([other[:, shift:], own[:, :shift]], axis=1)


def training_batches(
    windows: Windows, rows: np.ndarray, training: dict, seed: int, epoch: int, part: Part = WHOLE
) -> Iterator[Batch]:
    """Yield a part of the batches of one epoch: `rows` in random order, each moved, half of them on the other strand.

    training: of `seq2track/runs/{run}`. All parts are together the very batch that one part would be; a part that is
    left over where there are fewer rows than parts looks at the first row and counts nothing of it.
    """
    order = np.random.default_rng([ORDER, seed, epoch]).permutation(rows)
    allowed = np.zeros(len(windows.table), bool)
    allowed[rows] = True
    most, size = training["shift"] // windows.store.bin, training["batch_size"]
    for step, first in enumerate(range(0, len(order), size)):
        chosen = order[first : first + size]
        generator = np.random.default_rng([AUGMENTATION, seed, epoch, step])
        shifts = generator.integers(-most, most + 1, len(chosen))
        flips = (generator.random(len(chosen)) < 0.5) & training["reverse_complement"]
        yield _part(windows, chosen, shifts, flips, allowed, part)


def plain_batches(windows: Windows, rows: np.ndarray, size: int, part: Part = WHOLE) -> Iterator[Batch]:
    """Yield a part of batches of `rows` in their order, as they are."""
    allowed = np.zeros(len(windows.table), bool)
    for first in range(0, len(rows), size):
        chosen = rows[first : first + size]
        still = np.zeros(len(chosen), int)
        yield _part(windows, chosen, still, still > 0, allowed, part)


def _part(
    windows: Windows, rows: np.ndarray, shifts: np.ndarray, flips: np.ndarray, allowed: np.ndarray, part: Part
) -> Batch:
    spare = part.rank >= len(rows)
    own = slice(1) if spare else slice(part.rank, None, part.world)
    batch = windows.batch(rows[own], shifts[own], flips[own], allowed)
    return batch._replace(mask=torch.zeros_like(batch.mask)) if spare else batch


def with_signal_to_count(windows: Windows, rows: np.ndarray) -> np.ndarray:
    """Those of `rows` of which any bin counts."""
    return rows[[mask.any() for _, mask in _blocks(windows, rows)]] if len(rows) else rows


def mean_signal(windows: Windows, rows: np.ndarray) -> np.ndarray:
    """The mean (T,) float32 of the bins of `rows` that count, of both strands of a track together.

    Raises BadInput where a track has no signal there.
    """
    total, count = np.zeros(len(windows.swap)), np.zeros(len(windows.swap))
    for values, mask in _blocks(windows, rows):
        total, count = total + (values * mask).sum(-1, dtype=float), count + mask.sum(-1)
    total, count = total + total[windows.swap], count + count[windows.swap]
    for track, found in zip(windows.store.tracks, total, strict=True):
        if not found:
            reason = f"track {track['name']} has no signal in the windows of training"
            raise BadInput("configuration", "seq2track", reason, "Give it more signal, or fewer folds.")
    return (total / count).astype(np.float32)


def _blocks(windows: Windows, rows: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Signal and mask (T, N) of each of `rows`."""
    for first in range(0, len(rows), READ_AT_ONCE):
        yield from zip(*windows.store.rows(rows[first : first + READ_AT_ONCE]), strict=True)
